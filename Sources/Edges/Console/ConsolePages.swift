import Events
import Mustache
import Schedules

/// Why the console cannot be made: one of its own templates is no template.
public struct ConsoleError: Error, Sendable, Hashable {
  /// For people; names the template.
  public let reason: String
}

/// The console: pages rendered on the server from what the engine shows of itself, without scripts.
///
/// Pure: it takes the JSON of `Views` and `Explainer` and reads no clock; the page's time is the status's own `now`.
public struct ConsolePages: Sendable {
  private let library: MustacheLibrary
  private let clock: WallTexts
  private var commands: Commands

  /// Reads the templates.
  ///
  /// - Parameters:
  ///   - zone: whose wall time is shown beside UTC.
  ///   - endpoint: where AWS clients reach this server, scheme and port included; quoted in the commands shown.
  public init(zone: ZoneRules, endpoint: String) throws(ConsoleError) {
    var library = MustacheLibrary()
    for (name, text) in Templates.all {
      do {
        try library.register(text, named: name)
      } catch {
        throw ConsoleError(reason: "template \(name): \(error)")
      }
    }
    self.library = library
    clock = WallTexts(zone: zone)
    commands = Commands(endpoint: endpoint)
  }

  /// The same pages with commands that lead to another address, as the client's own Host header names it.
  public func addressed(to endpoint: String) -> ConsolePages {
    var pages = self
    pages.commands = Commands(endpoint: endpoint)
    return pages
  }

  /// The page of a route.
  ///
  /// - Parameter view: what the route needs: `Views.status()`, `Explainer.why(_:)` or `Views.run(_:)`; nil if there is
  ///   no such thing, which makes a 404, or a 503 for the overview. Routes that need nothing ignore it.
  public func page(_ route: ConsoleRequest.Route, view: JSON?) -> ConsolePage {
    switch route {
    case .overview:
      guard let view else { return unreadable("the engine shows no status") }
      return render("overview", OverviewPage(status: view, clock: clock, commands: commands).fields)
    case .decision(let id):
      guard let view else { return missing("Nothing is known of \(id.cut(to: Self.echoMax))", commands.findDecision) }
      return render("decision", DecisionPage(why: view, clock: clock).fields)
    case .run(let id):
      guard let view else { return missing("There is no run \(id.cut(to: Self.echoMax))", commands.findRun) }
      return render("run", RunPage(run: view, clock: clock).fields)
    case .style: return ConsolePage(style: Style.text)
    case .missing: return missing("There is no such page", "")
    }
  }

  /// The page of a route whose data could not be read; status 503.
  ///
  /// - Parameter reason: the error's own words; shown as they are.
  public func unreadable(_ reason: String) -> ConsolePage {
    let fields: Fields = [
      "title": "The engine could not be read", "reason": .text(reason), "advice": "Reload the page in a moment.",
      "command": "",
    ]
    return render("notice", fields, status: 503)
  }

  /// Scalars of what was asked for that a page repeats at most.
  private static let echoMax = 200

  private func missing(_ title: String, _ command: String) -> ConsolePage {
    let fields: Fields = [
      "title": .text(title), "reason": "", "command": .text(command),
      "advice": .text(command.isEmpty ? "The overview links to every page." : "What is known can be listed:"),
    ]
    return render("notice", fields, status: 404)
  }

  private func render(_ template: String, _ fields: Fields, status: Int = 200) -> ConsolePage {
    guard let html = library.render(fields, withTemplate: template) else {
      preconditionFailure("there is no template \(template)")
    }
    return ConsolePage(status: status, html: html)
  }
}
