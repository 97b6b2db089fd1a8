import Events
import Telemetry
import Testing

@testable import Console

@Suite struct PageTests {
  private let pages: ConsolePages

  init() throws {
    pages = try ConsolePages.sample()
  }

  @Test func `the overview shows fires on both clocks`() throws {
    let text = pages.page(.overview, view: try Samples.status()).text
    #expect(text.contains("2025-09-09 22:00 UTC"))
    #expect(text.contains("2025-09-10 07:00 KST"))
    #expect(text.contains("in 7 h 14 min"))
    #expect(text.contains("every day at 22:00"))
  }

  @Test func `the overview links decisions and runs to pages that the router knows`() throws {
    let text = pages.page(.overview, view: try Samples.status()).text
    for entry in try Samples.entries() {
      let path = try #require(ConsoleRequest.path(of: .decision(id: entry.causeID)))
      #expect(text.contains("href=\"\(path)\""))
      #expect(text.contains(entry.code.rawValue))
    }
    #expect(text.contains("href=\"/console/runs/run-77aa\""))
    #expect(text.contains("partly failed"))
  }

  @Test func `the health sentence follows its row`() throws {
    for row in try Vectors.load("console-health") {
      let health = Health(status: try #require(row["status"]))
      #expect(health.level.rawValue == row["level"]?.string, "\(health.sentence)")
      #expect(health.sentence == row["sentence"]?.string)
    }
  }

  @Test func `an empty engine says what to do, with the command for it`() throws {
    let text = pages.page(.overview, view: Samples.emptyStatus).text
    #expect(text.contains("aws events put-rule --endpoint-url http://127.0.0.1:4566"))
    #expect(text.contains("--name dev-customer-ingestion-schedule"))
    #expect(text.contains("function:dev-customer-data-orchestrator"))
    #expect(text.contains("aws events put-events"))
    #expect(text.contains("aws sqs create-queue"))
    #expect(!text.contains("<table"))
  }

  @Test func `a disabled rule is shown with the command that enables it`() throws {
    let text = pages.page(.overview, view: try Samples.status()).text
    let command = "aws events enable-rule --endpoint-url http://127.0.0.1:4566"
    #expect(text.contains("\(command) --name dev-customer-ingestion-market-events"))
  }

  @Test func `a decision's page explains it`() throws {
    let page = pages.page(.decision(id: "87654321"), view: try Samples.why())
    #expect(page.status == 200)
    for part in [
      "Stopped at gate match (NO_RULE_MATCHED)", "no rule wanted the event", "Would let it through",
      "match <small>stopped</small>", "shape <small>not reached</small>", "href=\"/console/runs/run-5f0c\"",
      "wanted <code>[true]</code>", "was absent", "&quot;trigger_reingestion&quot;: false",
    ] {
      #expect(page.text.contains(part), "\(part)")
    }
  }

  @Test func `a run's page tells what became of each symbol`() throws {
    let text = pages.page(.run(id: "run-77aa"), view: try Samples.run()).text
    for part in [
      "market.prices of 2025-09-08: 1 of 5 symbols stored, 1 failed.", "22 rows, 4812 bytes",
      "SOURCE_UNAVAILABLE: answered 503 three times", "tried 3 times", "not tried yet",
      "symbol XOM is not in the universe", "2025-09-08 22:00:30 UTC", "2025-09-09 07:00:30 KST",
    ] {
      #expect(text.contains(part), "\(part)")
    }
  }

  @Test func `what does not exist is a 404 with a way on`() {
    let decision = pages.page(.decision(id: "nobody"), view: nil)
    #expect(decision.status == 404)
    #expect(decision.text.contains("Nothing is known of nobody"))
    #expect(decision.text.contains("bellcrank decisions list"))
    #expect(pages.page(.run(id: "nobody"), view: nil).status == 404)
    #expect(pages.page(.missing, view: nil).status == 404)
    #expect(pages.page(.overview, view: nil).status == 503)
    #expect(pages.unreadable("disk full").text.contains("disk full"))
  }

  /// The server forbids them by its content policy, so a page that had them would be broken.
  @Test func `no page has a script, an inline style, a form or anything from elsewhere`() throws {
    let all = [
      pages.page(.overview, view: try Samples.status()), pages.page(.overview, view: Samples.emptyStatus),
      pages.page(.decision(id: "x"), view: try Samples.why()), pages.page(.run(id: "x"), view: try Samples.run()),
      pages.page(.missing, view: nil),
    ]
    for page in all {
      #expect(page.contentType == "text/html; charset=utf-8")
      for tag in Skeleton.tags(of: page.text) {
        let name = tag.prefix { $0 != " " }
        #expect(!["script", "style", "form", "img", "iframe", "svg", "object"].contains(name))
        #expect(!tag.contains("style=") && !tag.contains(" on") && !tag.contains("src="))
      }
      #expect(page.text.contains("<link rel=\"stylesheet\" href=\"/console/style.css\">"))
      #expect(!page.text.contains("href=\"http"))
    }
    let style = pages.page(.style, view: nil)
    #expect(style.contentType == "text/css; charset=utf-8")
    #expect(!style.text.contains("url(") && !style.text.contains("@import"))
  }

  @Test func `every element that opens closes`() throws {
    let views: [ConsolePage] = [
      pages.page(.overview, view: try Samples.status()), pages.page(.overview, view: Samples.emptyStatus),
      pages.page(.decision(id: "x"), view: try Samples.why()), pages.page(.run(id: "x"), view: try Samples.run()),
      pages.page(.missing, view: nil),
    ]
    for page in views {
      var open: [Substring] = []
      for tag in Skeleton.tags(of: page.text) where !tag.hasPrefix("!") {
        let name = tag.prefix { $0 != " " }
        if ["meta", "link"].contains(name) { continue }
        if name.hasPrefix("/") {
          #expect(open.popLast() == name.dropFirst())
        } else {
          open.append(name)
        }
      }
      #expect(open.isEmpty)
    }
  }
}
