import Events

/// The dead letters by what they died of, with what would become of them, and the way back.
struct ShelfPage {
  let view: JSON
  let desk: Desk

  private var t: Words { desk.t }

  var page: Page {
    let groups = view["groups"]?.elements ?? []
    let count = view.count("letters")
    return Page(
      title: count == 0 ? t("The shelf is empty") : t("%1 on the shelf", t.counted(count, "dead letter")),
      tone: count == 0 ? .good : .warn,
      lead: t("What could not be delivered or decided, by its cause; a redrive asks today's rules and keys."),
      sections: [
        Section(t("By cause"), .table(self.groups(groups))), Section(t("Redrives"), .table(tasks)),
        Section(t("Redrive all"), note: t("Letters that today's rules would refuse again stay."), .form(all)),
      ], command: "bellcrank dlq list --preview", place: .shelf)
  }

  private func groups(_ groups: [JSON]) -> Grid {
    Grid(
      columns: desk.columns([
        .init("Code", .token), "Rule", .init("Letters", .number), .init("Newest", .word), "What a redrive would do",
        "Example", .init("", .word),
      ]),
      rows: groups.map { group in
        let code = group.word("code")
        var act = Cell("")
        act.button = Form(
          action: .redrive,
          fields: [
            Form.Input("code", "", .hidden, value: code), Form.Input("queue", "", .hidden, value: group.word("queue")),
          ], submit: t("Redrive"))
        return [
          Cell(code, note: group.word("reason").cut(to: 160)), Cell(group.word("rule")),
          Cell("\(group.count("count"))"),
          desk.time(group.moment("newest")), Cell(preview(group["preview"])),
          Cell(group.word("example").cut(to: 40), to: .letter(id: group.word("example"))), act,
        ]
      }, empty: t("Nothing died: no delivery was given up, and no cause broke a rule."))
  }

  /// `37 would pass, 4 duplicate, 2 still invalid`
  private func preview(_ preview: JSON?) -> String {
    (preview?.members ?? []).map { "\($0.value.text) \(t.spoken($0.key))" }.joined(separator: ", ")
  }

  private var tasks: Grid {
    Grid(
      columns: desk.columns([
        .init("Started", .word), "Queue", .init("Status", .word), .init("Moved", .number), .init("Kept", .number),
        .init("Left", .number), .init("", .word),
      ]),
      rows: (view["tasks"]?.elements ?? []).map { task in
        let isRunning = task.word("status") == "RUNNING"
        var act = Cell("")
        if isRunning {
          act.button = Form(
            action: .cancel, fields: [Form.Input("task", "", .hidden, value: task.word("handle"))], submit: t("Stop"),
            isDangerous: true)
        }
        return [
          desk.time(task.moment("started_at")), Cell(task.word("queue")),
          Cell(t(task.word("status")), tone: isRunning ? .warn : .quiet), Cell("\(task.count("moved"))"),
          Cell("\(task.count("kept"))"), Cell("\(task.count("left"))"), act,
        ]
      }, empty: t("No redrive was begun."))
  }

  private var all: Form {
    Form(
      action: .redrive,
      fields: [
        Form.Input("per_second", t("Letters a second"), value: "10", hint: "1–500"),
        Form.Input("reason", t("Reason"), hint: t("kept in the ledger")),
      ], submit: t("Redrive all"))
  }
}

/// One dead letter, and what would become of it now.
struct LetterPage {
  let letter: JSON
  let desk: Desk

  private var t: Words { desk.t }

  var page: Page {
    let id = Form.Input("id", "", .hidden, value: letter.word("id"))
    let reason = Form.Input("reason", t("Reason"), hint: t("kept in the ledger"), isRequired: true)
    let attributes = (letter["attributes"]?.members ?? []).map { Detail($0.key, $0.value.string) }
    return Page(
      title: t("Dead letter"), tone: .warn,
      lead: t("Sent again now: %1", "\(t.spoken(letter.word("outcome"))). \(letter.word("because"))"),
      sections: [
        Section(
          .details(
            [
              Detail(t("Id"), letter.word("id")), Detail(t("Queue"), letter.word("queue")),
              desk.detail("Sent", letter.moment("sent_at")),
            ] + attributes)),
        Section(t("Body"), .code((letter["body"] ?? .null).prettyText.cut(to: DecisionPage.textMax))),
        Section(t("Redrive"), .form(Form(action: .redrive, fields: [id], submit: t("Redrive")))),
        Section(
          t("Discard"), .form(Form(action: .discard, fields: [id, reason], submit: t("Discard"), isDangerous: true))),
      ], command: "bellcrank dlq show \(Commands.quoted(letter.word("id")))", place: .shelf)
  }
}
