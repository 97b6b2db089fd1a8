import Events

/// The alarms with their classes, and the boards of §6.
struct AlarmsPage {
  let view: JSON
  let desk: Desk

  private var t: Words { desk.t }

  var page: Page {
    let alarms = view["alarms"]?.elements ?? []
    let ringing = alarms.filter { $0.word("state") == "ALARM" }.count
    let boards = (view["boards"]?.elements ?? []).compactMap(\.string)
    return Page(
      title: ringing == 0 ? t("No alarm rings") : t("%1 ring", t.counted(ringing, "alarm")),
      tone: ringing == 0 ? .good : .bad,
      lead: t("Each alarm has a class, and the class says who answers within what time (§9)."),
      sections: [
        Section(
          t("Boards"), .links(boards.map { Link(label: $0, href: ConsoleRequest.path(of: .board(name: $0))) })),
        Section(t("Alarms"), .table(table(alarms))), Section(t("Classes"), .table(classes)),
      ], command: "bellcrank alarm list", place: .alarms)
  }

  private func table(_ alarms: [JSON]) -> Grid {
    Grid(
      columns: desk.columns([
        "Alarm", .init("State", .word), .init("Class", .word), .init("Since", .word), "Reason", .init("", .word),
      ]),
      rows: alarms.map { alarm in
        let state = alarm.word("state")
        var act = Cell("")
        act.button = Form(
          action: .testAlarm, fields: [Form.Input("alarm", "", .hidden, value: alarm.word("name"))], submit: t("Drill"))
        return [
          Cell(alarm.word("name"), note: alarm.word("description").cut(to: 200)),
          Cell(t(state), tone: state == "ALARM" ? .bad : state == "OK" ? .good : .quiet), Cell(alarm.word("severity")),
          desk.time(alarm.moment("since")), Cell(alarm.word("reason").cut(to: 200)), act,
        ]
      }, empty: t("There is no alarm."))
  }

  private var classes: Grid {
    Grid(
      columns: desk.columns([.init("Class", .word), .init("Within", .word), "Who", "Escalates when"]),
      rows: (view["classes"]?.elements ?? []).map { row in
        [
          Cell(row.word("severity")), Cell(t(row.word("response_time"))), Cell(t(row.word("owner"))),
          Cell(t(row.word("escalation"))),
        ]
      })
  }
}

/// One board: a chart for each widget.
struct BoardPage {
  private static let width = 960.0
  private static let height = 180.0
  private static let left = 56.0
  private static let bottom = 24.0
  static let tones = ["series1", "series2", "series3", "series4"]

  let view: JSON
  let desk: Desk

  private var t: Words { desk.t }

  var page: Page {
    let name = view.word("name")
    let hours = view.count("hours")
    let windows = [3, 24, 168, 720].map { count in
      Link(
        label: t(count < 48 ? "%1 h" : "%1 d", "\(count < 48 ? count : count / 24)"),
        href: ConsoleRequest.path(of: .board(name: name), ["hours": "\(count)"]), isCurrent: count == hours)
    }
    let charts = (view["charts"]?.elements ?? []).map(chart)
    return Page(
      title: name, lead: t("Figures are counted from the ledger and the queues, a point for each period."),
      sections: [Section(.links(windows))] + charts,
      command: "aws cloudwatch get-dashboard --dashboard-name \(Commands.quoted(name))", place: .alarms)
  }

  private func chart(_ chart: JSON) -> Section {
    let series = chart["series"]?.elements ?? []
    let points = series.map { line in
      (line["points"]?.elements ?? []).compactMap { point -> (at: Double, value: Double)? in
        guard let pair = point.elements, pair.count == 2, let at = pair[0].double, let value = pair[1].double else {
          return nil
        }
        return (at, value)
      }
    }
    let values = points.joined().map(\.value)
    let least = min(0, values.min() ?? 0)
    let most = max(least + 1, values.max() ?? 1)
    let from = Double((view.moment("from") ?? desk.now - .days(1)).milliseconds)
    let to = Double((view.moment("to") ?? desk.now).milliseconds)
    var picture = Picture(width: Self.width, height: Self.height, name: t(chart.word("title")))
    let floor = Self.height - Self.bottom
    func x(_ at: Double) -> Double { Self.left + (at - from) / max(1, to - from) * (Self.width - Self.left - 12) }
    func y(_ value: Double) -> Double { floor - (value - least) / (most - least) * (floor - 12) }
    for share in [0, 0.5, 1.0] {
      picture.shapes.append(
        .line(
          x1: Self.left, y1: y(least + (most - least) * share), x2: Self.width - 12,
          y2: y(least + (most - least) * share), tone: "grid"))
      picture.shapes.append(
        .text(
          x: Self.left - 6, y: y(least + (most - least) * share) + 4, BoardPage.figure(least + (most - least) * share),
          anchor: "end"))
    }
    for share in [0, 0.25, 0.5, 0.75, 1.0] {
      let moment = Timestamp(milliseconds: Int64(from + (to - from) * share))
      let label = to - from > 172_800_000 ? desk.clock.day(moment) : desk.clock.hour(moment)
      picture.shapes.append(
        .text(
          x: x(from + (to - from) * share), y: Self.height - 6, label,
          anchor: share == 0 ? "start" : share == 1 ? "end" : "middle"))
    }
    for (place, line) in points.enumerated() where !line.isEmpty {
      let tone = Self.tones[place % Self.tones.count]
      picture.shapes.append(.path(line.sorted { $0.at < $1.at }.map { (x($0.at), y($0.value)) }, tone: "line \(tone)"))
      if line.count == 1, let point = line.first {
        picture.shapes.append(
          .rect(x: x(point.at) - 2, y: y(point.value) - 2, width: 4, height: 4, tone: "dot \(tone)"))
      }
    }
    let marks = series.enumerated().map { place, line in
      let values = points[place].map(\.value)
      let isSum = chart.word("stat").hasPrefix("Sum")
      let figure = BoardPage.figure(isSum ? values.reduce(0, +) : values.last ?? 0)
      return Mark(
        tone: Self.tones[place % Self.tones.count],
        label:
          "\(line.word("label")): \(points[place].isEmpty ? t("no data") : isSum ? t("%1 in all", figure) : t("now %1", figure))"
      )
    }
    return Section(t(chart.word("title")), note: chart.word("stat"), .picture(picture, marks))
  }

  /// A figure that an axis or a legend has room for, however large it is.
  static func figure(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    if abs(value) >= 1e12 { return String(value) }
    if abs(value) >= 10_000 { return "\(Int(value / 1_000)) k" }
    return value == value.rounded() ? "\(Int(value))" : Picture.number(value)
  }
}
