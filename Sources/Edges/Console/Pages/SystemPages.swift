import Events

/// What the whole stands on: the doctor's checks, permission edges, bounds, storage, and who changed what.
struct SystemPage {
  let view: JSON
  let desk: Desk

  private var t: Words { desk.t }

  var page: Page {
    let checks = view["checks"]?.elements ?? []
    let failing = checks.filter { $0.word("health") == "failing" }.count
    return Page(
      title: t("System"), tone: failing == 0 ? .good : .bad,
      lead: failing == 0 ? t("No check of the doctor fails.") : t("%1 fail", t.counted(failing, "check")),
      sections: [
        Section(t("Doctor"), .table(doctor(checks))), Section(t("Holds on tables"), .table(leases)),
        Section(
          t("Permission edges"), note: t("Whether each rule may use its targets, by the policy of the target."),
          .table(edges)),
        Section(t("Bounds"), .table(bounds)), Section(t("Storage"), .details(storage)),
        Section(
          t("Audit"),
          .table(
            desk.decisions(
              view["audit"]?.elements ?? [], next: ConsoleRequest.path(of: .ledger, ["decision": "changed"]),
              empty: t("Nobody has changed anything yet.")))),
      ], command: "bellcrank doctor", place: .system)
  }

  private func doctor(_ checks: [JSON]) -> Grid {
    Grid(
      columns: desk.columns([.init("What", .word), .init("How", .word), "Sentence", .init("What mends it", .code)]),
      rows: checks.map { check in
        let health = check.word("health")
        let tone: Tone = health == "failing" ? .bad : health == "warning" ? .warn : .good
        return [
          Cell(t(check.word("check"))), Cell(t(health), tone: tone), Cell(check.word("sentence")),
          Cell(check.word("fix")),
        ]
      })
  }

  private var leases: Grid {
    Grid(
      columns: desk.columns(["Table", "Holder", .init("Until", .word), .init("", .word)]),
      rows: (view["leases"]?.elements ?? []).map { lease in
        var act = Cell("")
        act.button = Form(
          action: .release,
          fields: [
            Form.Input("domain", "", .hidden, value: lease.word("domain")),
            Form.Input("table", "", .hidden, value: lease.word("table")),
            Form.Input("owner", "", .hidden, value: lease.word("owner")),
          ], submit: t("Release"), isDangerous: true)
        return [
          Cell("\(lease.word("domain")).\(lease.word("table"))"), Cell(lease.word("owner")),
          desk.time(lease.moment("until")), act,
        ]
      }, empty: t("Nobody holds a table."))
  }

  private var edges: Grid {
    Grid(
      columns: desk.columns(["Rule", "Target", "May it?", "Because"]),
      rows: (view["edges"]?.elements ?? []).map { edge in
        let isAllowed = edge["allowed"] == true
        return [
          Cell(edge.word("rule"), to: .trigger(name: edge.word("rule"))), Cell(edge.word("target")),
          Cell(t(isAllowed ? "yes" : "no"), tone: isAllowed ? .good : .bad), Cell(edge.word("because").cut(to: 240)),
        ]
      }, empty: t("No rule has a target."))
  }

  private var bounds: Grid {
    Grid(
      columns: desk.columns(["Setting", .init("Value", .code)]),
      rows: (view["settings"]?.members ?? []).map { [Cell($0.key), Cell($0.value.string ?? $0.value.text)] })
  }

  private var storage: [Detail] {
    let storage = view["storage"] ?? .null
    return [
      Detail(t("Rows of the ledger"), storage["rows"]?.int.map { "\($0)" }),
      Detail(t("Head of the chain"), storage["head"]?.string),
      Detail(t("Rows let go of"), storage["retained"]?.int.map { "\($0)" }),
      Detail(t("Disk"), storage["disk"]?.string),
      desk.detail("Process since", view.moment("started_at")),
      Detail(t("Proof"), "bellcrank verify"),
    ]
  }
}

/// Where the token of the banner is shown, so that actions are let through.
struct UnlockPage {
  let desk: Desk

  var page: Page {
    let t = desk.t
    let form = Form(
      action: .unlock,
      fields: [Form.Input("token", t("Token"), hint: t("serve prints it at start, behind Console"), isRequired: true)],
      submit: t("Unlock"))
    return Page(
      title: t("Unlock actions"), lead: t("Looking is free; acting needs the token that the server printed at start."),
      sections: [Section(.form(form))], command: "bellcrank serve", place: .system)
  }
}
