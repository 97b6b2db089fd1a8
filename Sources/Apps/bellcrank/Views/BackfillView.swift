import Events

/// Backfills for people.
enum BackfillView {
  static func list(_ rows: [JSON]) -> String {
    Table(
      [
        "BACKFILL", "SCHEDULE", "WHY", "STATE", .init("DONE", .right), .init("SLOTS", .right),
        .init("RAN BEFORE", .right),
        "FROM", "THROUGH",
      ],
      of: rows, keys: ["id", "owner", "occasion", "state", "done", "slots", "duplicates", "from", "through"]
    ).text
  }

  static func one(_ row: JSON) -> String {
    let refused = row.list("refused").count
    return Table(pairs: [
      "backfill": row.fact("id"), "schedule": row.fact("owner"), "state": row.fact("state"),
      "remark": row.fact("remark"), "refused": refused == 0 ? nil : "\(refused), to be started again",
      "slots": progress(row), "from": row.fact("from"), "through": row.fact("through"),
      "next": row.fact("next"), "pace": row.fact("pace"), "who": row.fact("who"), "why": row.fact("why"),
    ]).text
  }

  /// `12 of 30 dealt with: 10 started, 2 had run already`
  static func progress(_ row: JSON) -> String {
    "\(row.cell("done")) of \(row.cell("slots")) dealt with: \(row.cell("fired")) started, "
      + "\(row.cell("duplicates")) had run already"
  }

  static func plan(_ plan: JSON) -> String {
    let facts = Table(pairs: [
      "schedule": plan.fact("owner"), "slots": plan.fact("slots_count"), "first": plan.fact("first"),
      "last": plan.fact("last"), "ran already": plan.fact("ran_count"), "to start": plan.fact("starts_count"),
      "pace": plan.fact("pace") ?? "one after the other",
      "takes about": plan.fact("estimated_seconds").map { "\($0) s" },
    ]).text
    let ran = Table(["RAN ALREADY", "AS"], of: plan.list("ran"), keys: ["slot", "cause_id"]).text
    return ran.isEmpty ? facts : facts + "\n\n" + ran
  }
}
