import Events
import Telemetry
import Testing

@testable import Console

@Suite struct PageTests {
  private let pages: ConsolePages

  init() throws {
    pages = try ConsolePages.sample()
  }

  private func text(_ route: ConsoleRequest.Route, _ language: Language = .english, mayAct: Bool = true) throws
    -> String
  {
    let view = try #require(try Samples.views().first { $0.route == route }?.view)
    return try pages.page(route, view: view, in: language, mayAct: mayAct).text
  }

  @Test func `the first page begins with the first thing that needs somebody`() throws {
    let text = try text(.now)
    #expect(text.contains("<h1 class=\"bad\">Something fails</h1>"))
    #expect(text.contains("<p class=\"lead\">rules: the rule dev-x is disabled</p>"))
    #expect(text.contains("aws events enable-rule"))
    var quiet = try Samples.status()
    quiet.set("checks", [["check": "clock", "health": "fine", "sentence": "s"]])
    #expect(try pages.page(.now, view: quiet).text.contains("<h1 class=\"good\">All is well</h1>"))
  }

  @Test func `times show the zone and the distance`() throws {
    let text = try text(.now)
    #expect(text.contains("2025-09-09 22:00 UTC"))
    #expect(text.contains("2025-09-10 07:00 KST"))
    #expect(text.contains("in 7 h 14 min"))
  }

  @Test func `decisions and runs are linked to pages that the router knows`() throws {
    let text = try text(.now)
    for entry in try Samples.entries() {
      #expect(text.contains("href=\"\(ConsoleRequest.path(of: .decision(id: entry.causeID)))\""))
      #expect(text.contains(entry.code.rawValue))
    }
    #expect(text.contains("href=\"/console/runs/run-77aa\""))
  }

  @Test func `an empty engine says what to do, with the command for it`() throws {
    let text = try pages.page(.now, view: Samples.emptyStatus).text
    for part in [
      "aws events put-rule --endpoint-url http://127.0.0.1:4566", "--name dev-customer-ingestion-schedule",
      "function:dev-customer-data-orchestrator", "aws events put-events", "aws sqs create-queue",
    ] {
      #expect(text.contains(part), "\(part)")
    }
    #expect(!text.contains("<table"))
  }

  @Test func `a decision's page explains it`() throws {
    let text = try text(.decision(id: "x"))
    for part in [
      "Stopped at gate match (NO_RULE_MATCHED)", "no rule wanted the event", "Would let it through", "[true]", "absent",
      "&quot;trigger_reingestion&quot;: false", "What led to what", "/console/lab?pattern=",
    ] {
      #expect(text.contains(part), "\(part)")
    }
  }

  @Test func `a run's page tells what became of each symbol`() throws {
    let text = try text(.run(id: "x"))
    for part in [
      "market.prices of 2025-09-08: 1 of 5 symbols stored, 1 failed.", "22 rows, 4812 bytes",
      "SOURCE_UNAVAILABLE: answered 503 three times", "tried 3 times", "not tried yet",
      "symbol XOM is not in the universe", "<svg", "Chunks of the run over time",
    ] {
      #expect(text.contains(part), "\(part)")
    }
  }

  @Test func `who has not shown the token finds no button, only the way to it`() throws {
    for route in [ConsoleRequest.Route.trigger(name: "x"), .shelf, .letter(id: "x"), .alarms, .system] {
      let locked = try text(route, mayAct: false)
      #expect(!locked.contains("<button"), "\(route)")
      #expect(locked.contains("href=\"/console/unlock\""))
      let open = try text(route)
      #expect(open.contains("<button") && open.contains("name=\"csrf\" value=\"c5f\""), "\(route)")
    }
  }

  @Test func `what does not exist is a 404 with a way on`() throws {
    let decision = try pages.page(.decision(id: "nobody"), view: nil)
    #expect(decision.status == 404)
    #expect(decision.text.contains("Nothing is known of nobody"))
    #expect(decision.text.contains("bellcrank decisions list"))
    for route in [
      ConsoleRequest.Route.run(id: "x"), .trigger(name: "x"), .letter(id: "x"), .board(name: "x"), .missing,
    ] {
      #expect(try pages.page(route, view: nil).status == 404)
    }
    let now = try #require(Timestamp(Samples.now))
    #expect(pages.unreadable("disk full", ConsoleReader(), at: now).status == 503)
    #expect(pages.refused("TOKEN_WRONG", "no", ConsoleReader(), status: 403, at: now).status == 403)
  }

  /// The server forbids them by its content policy, so a page that had them would be broken.
  @Test func `no page has a style or a script of its own, or anything from elsewhere`() throws {
    for (route, view) in try Samples.views() {
      let page = try pages.page(route, view: view)
      #expect(page.contentType == "text/html; charset=utf-8")
      for tag in Skeleton.tags(of: page.text) {
        let name = tag.prefix { $0 != " " }
        #expect(!["style", "img", "iframe", "object", "link-", "base"].contains(name))
        #expect(!tag.contains("style=") && !tag.contains(" on"), "\(tag)")
      }
      #expect(page.text.contains("<script src=\"/console/app.js\" defer></script>"))
      #expect(page.text.ranges(of: "<script").count == 1)
      #expect(!page.text.contains("href=\"http") && !page.text.contains("src=\"http"))
    }
    let style = try pages.page(.style, view: nil)
    #expect(style.contentType == "text/css; charset=utf-8")
    #expect(!style.text.contains("url(") && !style.text.contains("@import"))
    #expect(try pages.page(.script, view: nil).contentType == "text/javascript; charset=utf-8")
  }

  @Test(arguments: Language.allCases)
  func `every element that opens closes, in every language`(_ language: Language) throws {
    for (route, view) in try Samples.views() {
      var open: [Substring] = []
      for tag in Skeleton.tags(of: try pages.page(route, view: view, in: language).text) where !tag.hasPrefix("!") {
        let name = tag.prefix { $0 != " " }
        if ["meta", "link", "input"].contains(name) { continue }
        if name.hasPrefix("/") {
          #expect(open.popLast() == name.dropFirst(), "\(route)")
        } else {
          open.append(name)
        }
      }
      #expect(open.isEmpty, "\(route)")
    }
  }

  @Test func `every page has a link to itself, the same on the command line, and the other language`() throws {
    for (route, view) in try Samples.views() {
      let text = try pages.page(route, view: view, query: "?a=1&lang=en").text
      #expect(text.contains("Link to this page"))
      #expect(text.contains("<div class=\"cli\">"), "\(route)")
      #expect(text.contains("?a=1&amp;lang=ko\""), "\(route)")
    }
  }

  @Test func `a language is chosen by its header`() {
    #expect(Language(accepting: "ko-KR,ko;q=0.9,en;q=0.8") == .korean)
    #expect(Language(accepting: "de, en;q=0.5") == .english)
    #expect(Language(accepting: "") == .english)
  }

  @Test func `a number in a picture is short and finite`() {
    #expect(Picture.number(1.25) == "1.3" && Picture.number(-0.5) == "-0.5" && Picture.number(3) == "3")
    #expect(Picture.number(.nan) == "0" && Picture.number(.infinity) == "0")
  }
}
