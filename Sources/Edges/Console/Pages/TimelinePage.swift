import Events
import Schedules

/// A lane a trigger, with what was decided at each of its moments and what is to come.
struct TimelinePage {
  /// The windows one can look through, in seconds.
  static let spans: [(name: String, seconds: Int)] = [
    ("1h", 3_600), ("6h", 21_600), ("1d", 86_400), ("7d", 604_800), ("30d", 2_592_000),
  ]
  private static let width = 960.0
  private static let margin = 16.0
  private static let laneHeight = 44.0
  private static let top = 28.0

  let view: JSON
  let desk: Desk

  private var t: Words { desk.t }
  private var from: Timestamp { view.moment("from") ?? desk.now - .days(1) }
  private var to: Timestamp { view.moment("to") ?? desk.now }
  private var span: Span { to - from }

  var page: Page {
    let lanes = view["lanes"]?.elements ?? []
    let marks = lanes.reduce(0) { $0 + ($1["marks"]?.elements?.count ?? 0) }
    let cut = view["is_cut"]?.bool ?? false
    var sections =
      desk.problem(view) + [
        Section(.links(zoom)),
        Section(
          "", note: cut ? t("Only the latest %1 are drawn; zoom in for the rest.", "\(marks)") : "",
          .picture(picture(lanes), legend)),
      ]
    sections.append(Section(t("The same as a list"), .table(list(lanes))))
    return Page(
      title: t("Timeline"),
      lead: t("%1 from %2 to %3", t.counted(marks, "decision"), desk.clock.local(from), desk.clock.local(to)),
      sections: sections,
      command: "bellcrank decisions list --since \(from.wholeSecond) --until \(to.wholeSecond) --limit 1000",
      place: .timeline)
  }

  private var legend: [Mark] {
    [
      Mark(tone: "good", label: t("fired")), Mark(tone: "quiet", label: t("skipped, duplicate, disabled or unmatched")),
      Mark(tone: "warn", label: t("throttled, refused or waiting")), Mark(tone: "bad", label: t("failed or missing")),
      Mark(tone: "future", label: t("still to come")),
    ]
  }

  private var zoom: [Link] {
    let current = Int(span.seconds.rounded())
    func path(_ end: Timestamp, _ seconds: Int) -> String {
      ConsoleRequest.path(of: .timeline, ["to": end.wholeSecond.description, "span": "\(seconds)"])
    }
    let middle = from + Span(milliseconds: span.milliseconds / 2)
    let steps = [
      Link(label: t("← Earlier"), href: path(to - Span(milliseconds: span.milliseconds / 2), current)),
      Link(label: t("Later →"), href: path(to + Span(milliseconds: span.milliseconds / 2), current)),
      Link(label: t("Now"), href: ConsoleRequest.path(of: .timeline, ["span": "\(current)"])),
    ]
    return Self.spans.map { name, seconds in
      Link(
        label: t(name), href: path(middle + .seconds(seconds / 2), seconds), isCurrent: abs(seconds - current) < 2)
    } + steps
  }

  private func x(_ moment: Timestamp) -> Double {
    let share = Double((moment - from).milliseconds) / Double(max(1, span.milliseconds))
    return Self.margin + share * (Self.width - 2 * Self.margin)
  }

  private func picture(_ lanes: [JSON]) -> Picture {
    let height = Self.top + Double(max(1, lanes.count)) * Self.laneHeight + 8
    var picture = Picture(width: Self.width, height: height, name: t("Decisions of each trigger over time"))
    for (moment, label) in ticks {
      picture.shapes.append(.line(x1: x(moment), y1: Self.top - 6, x2: x(moment), y2: height, tone: "grid"))
      picture.shapes.append(.text(x: x(moment), y: Self.top - 12, label, anchor: "middle"))
    }
    if desk.now >= from, desk.now <= to {
      picture.shapes.append(.line(x1: x(desk.now), y1: Self.top - 6, x2: x(desk.now), y2: height, tone: "now"))
    }
    for (place, lane) in lanes.enumerated() {
      let y = Self.top + Double(place) * Self.laneHeight
      picture.shapes.append(.text(x: Self.margin, y: y + 12, t(lane.word("name")), anchor: "start"))
      picture.shapes.append(
        .line(x1: Self.margin, y1: y + 28, x2: Self.width - Self.margin, y2: y + 28, tone: "lane"))
      for fire in (lane["next_fires"]?.elements ?? []).compactMap({ $0.string.flatMap { Timestamp($0) } })
      where fire <= to {
        let name = "\(lane.word("name")) \(desk.clock.local(fire)): \(t("still to come"))"
        picture.shapes.append(
          .mark(
            x: x(fire), y: y + 28, tone: "future", name: name,
            href: ConsoleRequest.path(of: .trigger(name: lane.word("name")))))
      }
      for mark in lane["marks"]?.elements ?? [] {
        guard let decided = mark.moment("at") else { continue }
        // A slot of long ago that was recovered now stands where it was decided.
        let at = mark.moment("slot").flatMap { $0 >= from && $0 <= to ? $0 : nil } ?? decided
        let name =
          "\(desk.clock.local(at)) \(t.spoken(mark.word("decision"))) \(mark.word("code")): \(mark.word("summary"))"
        picture.shapes.append(
          .mark(
            x: x(at), y: y + 28, tone: Tone(decision: mark.word("decision")).rawValue, name: name.cut(to: 200),
            href: ConsoleRequest.path(of: .decision(id: mark.word("cause_id")))))
      }
    }
    return picture
  }

  /// About eight round instants of the wall clock, with what stands at them.
  private var ticks: [(Timestamp, String)] {
    let steps = [300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 345_600]
    let wanted = span.seconds / 8
    let step = Int64(steps.first { Double($0) >= wanted } ?? 604_800)
    let offset = Int64(desk.clock.zone.offset(at: from).seconds)
    var second = ((from.seconds + offset) / step + 1) * step - offset
    var found: [(Timestamp, String)] = []
    while second < to.seconds, found.count < 24 {
      let moment = Timestamp(seconds: second)
      let hour = desk.clock.hour(moment)
      found.append((moment, step >= 86_400 || hour == "00:00" ? desk.clock.day(moment) : hour))
      second += step
    }
    return found
  }

  private func list(_ lanes: [JSON]) -> Grid {
    let marks = lanes.flatMap { $0["marks"]?.elements ?? [] }.sorted { $0.word("at") > $1.word("at") }
    return desk.decisions(
      Array(marks.prefix(20)), next: ConsoleRequest.path(of: .ledger),
      empty: t("Nothing was decided in this window."))
  }
}
