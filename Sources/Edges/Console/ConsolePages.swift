import Events
import Mustache
import Schedules

/// Why the console cannot be made: one of its own templates is no template.
public struct ConsoleError: Error, Sendable, Hashable {
  /// For people; names the template.
  public let reason: String
}

/// Who looks at a page, and how.
public struct ConsoleReader: Sendable {
  public var language = Language.english
  /// What forms carry so that no other site can send them; nil while the reader has not shown the token.
  public var csrf: String?
  /// What was done just now; one of `ConsoleReader.sayings`.
  public var said = ""
  /// Why it was not done.
  public var refusal = ""
  /// The path with its query, as it stood in the request line.
  public var target = "/console"
  /// What had been committed before the page was read: `/console/live` tells what came after it.
  public var mark = ""

  public init() {}
}

/// The console: pages rendered on the server from what the engine shows of itself.
///
/// Pure: it takes JSON and reads no clock; the page's time is handed in.
public struct ConsolePages: Sendable {
  private let library: MustacheLibrary
  private let clock: WallTexts
  private let environment: String
  private var commands: Commands

  /// Reads the templates.
  ///
  /// - Parameters:
  ///   - zone: whose wall time is shown.
  ///   - endpoint: where AWS clients reach this server, scheme and port included; quoted in the commands shown.
  public init(zone: ZoneRules, endpoint: String, environment: String) throws(ConsoleError) {
    var library = MustacheLibrary()
    for (name, text) in Templates.all {
      do {
        try library.register(text, named: name)
      } catch {
        throw ConsoleError(reason: "template \(name): \(error)")
      }
    }
    self.library = library
    self.environment = environment
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
  /// - Parameter view: what the route is rendered from; nil if there is no such thing, which makes a 404.
  public func page(_ route: ConsoleRequest.Route, view: JSON?, _ reader: ConsoleReader, at now: Timestamp)
    -> ConsolePage
  {
    if route == .style { return ConsolePage(style: Style.text) }
    if route == .script { return ConsolePage(script: Script.text) }
    let query = ConsoleRequest.fields(
      reader.target.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init) ?? "")
    let desk = Desk(t: Words(language: reader.language), clock: clock, now: now, commands: commands, query: query)
    guard let view, let page = content(of: route, view, desk) else {
      return render(missing(route, desk), desk, reader, status: 404)
    }
    return render(page, desk, reader)
  }

  private func content(of route: ConsoleRequest.Route, _ view: JSON, _ desk: Desk) -> Page? {
    switch route {
    case .now: NowPage(view: view, desk: desk).page
    case .timeline: TimelinePage(view: view, desk: desk).page
    case .triggers: TriggersPage(view: view, desk: desk).page
    case .trigger: TriggerPage(view: view, desk: desk).page
    case .events: EventsPage(view: view, desk: desk).page
    case .ledger: LedgerPage(view: view, desk: desk).page
    case .decision: DecisionPage(why: view, desk: desk).page
    case .explain: ExplainPage(view: view, desk: desk).page
    case .lab: LabPage(view: view, desk: desk).page
    case .runs: RunsPage(view: view, desk: desk).page
    case .run: RunPage(view: view, desk: desk).page
    case .shelf: ShelfPage(view: view, desk: desk).page
    case .letter: LetterPage(letter: view, desk: desk).page
    case .alarms: AlarmsPage(view: view, desk: desk).page
    case .board: BoardPage(view: view, desk: desk).page
    case .system: SystemPage(view: view, desk: desk).page
    case .unlock: UnlockPage(desk: desk).page
    case .style, .script, .live, .missing: nil
    }
  }

  /// The page of a route whose data could not be read; status 503.
  ///
  /// - Parameter reason: the error's own words; shown as they are.
  public func unreadable(_ reason: String, _ reader: ConsoleReader, at now: Timestamp) -> ConsolePage {
    let desk = Desk(t: Words(language: reader.language), clock: clock, now: now, commands: commands, query: [:])
    let page = Page(
      title: desk.t("The engine could not be read"), tone: .bad, lead: desk.t("Reload the page in a moment."),
      sections: [Section(.code(reason))], command: "bellcrank doctor --no-sources")
    return render(page, desk, reader, status: 503)
  }

  /// The page that says why an act was not done.
  public func refused(
    _ code: String, _ reason: String, _ reader: ConsoleReader, status: Int, at now: Timestamp
  ) -> ConsolePage {
    let desk = Desk(t: Words(language: reader.language), clock: clock, now: now, commands: commands, query: [:])
    let back = Link(label: desk.t("Back"), href: reader.target)
    let page = Page(
      title: desk.t("It was not done"), tone: .bad, lead: desk.t("Nothing was changed: %1", code),
      sections: [Section(.code(reason)), Section(.links([back]))], command: "bellcrank explain \(code)", place: .system)
    return render(page, desk, reader, status: status)
  }

  /// Scalars of what was asked for that a page repeats at most.
  private static let echoMax = 200

  private func missing(_ route: ConsoleRequest.Route, _ desk: Desk) -> Page {
    let (title, command): (String, String) =
      switch route {
      case .decision(let id): (desk.t("Nothing is known of %1", id.cut(to: Self.echoMax)), "bellcrank decisions list")
      case .run(let id): (desk.t("There is no run %1", id.cut(to: Self.echoMax)), "bellcrank runs list")
      case .trigger(let name): (desk.t("There is no rule %1", name.cut(to: Self.echoMax)), "bellcrank rules list")
      case .letter(let id): (desk.t("No dead letter has the id %1", id.cut(to: Self.echoMax)), "bellcrank dlq list")
      case .board(let name):
        (desk.t("There is no board %1", name.cut(to: Self.echoMax)), "aws cloudwatch list-dashboards")
      case .now, .timeline, .triggers, .events, .ledger, .explain, .lab, .runs, .shelf, .alarms, .system, .unlock,
        .style,
        .script, .live, .missing:
        (desk.t("There is no such page"), "bellcrank status")
      }
    return Page(title: title, lead: desk.t("The overview links to every page."), sections: [], command: command)
  }

  // MARK: Rendering

  private static let navigation: [(route: ConsoleRequest.Route, label: String)] = [
    (.now, "Now"), (.timeline, "Timeline"), (.triggers, "Triggers"), (.events, "Events"), (.ledger, "Decisions"),
    (.explain, "Explain"), (.lab, "Rule lab"), (.runs, "Runs"), (.shelf, "Shelf"), (.alarms, "Alarms"),
    (.system, "System"),
  ]

  private func render(_ page: Page, _ desk: Desk, _ reader: ConsoleReader, status: Int = 200) -> ConsolePage {
    let t = desk.t
    let path = String(reader.target.prefix { $0 != "?" })
    let navigation = Self.navigation.map { route, label -> Fields in
      [
        "href": .text(ConsoleRequest.path(of: route)), "label": .text(t(label)), "current": .flag(route == page.place),
      ]
    }
    let languages = Language.allCases.map { language -> Fields in
      [
        "tag": .text(language.rawValue), "label": .text(language.name), "href": .text(link(reader, to: language)),
        "current": .flag(language == reader.language),
      ]
    }
    var number = 0
    let sections = page.sections.map { section -> Fields in
      number += 1
      return SectionFields(section, number: number, desk: desk, reader: reader).fields
    }
    let fields: Fields = [
      "lang": .text(reader.language.rawValue), "title": .text(page.title), "environment": .text(environment),
      "skip": .text(t("Skip to content")), "nav_label": .text(t("Pages")), "tools_label": .text(t("Settings")),
      "nav": .rows(navigation), "languages": .rows(languages),
      "lock": .text(reader.csrf == nil ? t("Unlock actions") : t("Actions unlocked")),
      "live": .text(status == 200 ? "/console/live?since=\(reader.mark)" : ""),
      "said": .text(reader.refusal.isEmpty ? reader.said.isEmpty ? "" : t(reader.said) : reader.refusal),
      "tone": .text(page.tone?.rawValue ?? ""), "lead": .text(page.lead), "sections": .rows(sections),
      "command": .text(page.command), "cli_label": .text(t("The same on the command line")),
      "permalink": .text(path == "" ? "/console" : reader.target), "permalink_label": .text(t("Link to this page")),
      "as_of": .text(t("as of")), "iso": .text(desk.now.description),
      "utc": .text(desk.clock.utc(desk.now.wholeSecond)),
    ]
    guard let html = library.render(fields, withTemplate: "page") else {
      preconditionFailure("there is no template for pages")
    }
    return ConsolePage(status: status, html: html)
  }

  /// This page in another language.
  private func link(_ reader: ConsoleReader, to language: Language) -> String {
    let sides = reader.target.split(separator: "?", maxSplits: 1).map(String.init)
    let kept = (sides.count > 1 ? sides[1] : "").split(separator: "&").filter { !$0.hasPrefix("lang=") }
    return "\(sides.first ?? "/console")?"
      + (kept.map(String.init) + ["lang=\(language.rawValue)"]).joined(separator: "&")
  }
}
