import Events
import Patterns
import Rules
import Schedules
import Telemetry

/// Who changes a definition, and why: what the ledger will say of it (§9).
public struct ChangeNote: Sendable, Hashable {
  /// The operation that was asked, as AWS names it: `PutRule`, `DisableRule`.
  public let operation: String
  /// An ARN or the access key that signed; `unsigned` if nobody said.
  public let who: String
  /// In the words of whoever did it; nil if nothing was said.
  public let why: String?

  public init(operation: String, who: String, why: String?) {
    self.operation = operation
    self.who = who
    self.why = why
  }
}

/// The ledger row of a rule that was changed: pure, so that every store writes the same.
public enum RuleChange {
  /// - Parameters:
  ///   - old: the rule before; nil if it is new.
  ///   - new: the rule from now on; nil if it was removed.
  public static func entry(from old: Rule?, to new: Rule?, _ note: ChangeNote, at now: Timestamp) -> LedgerEntry {
    let name = new?.name ?? old?.name ?? ""
    let version = new?.version ?? (old?.version ?? 0) + 1
    let lost = new.map { collateral(of: old, replacedBy: $0, note) } ?? []
    var subject = LedgerEntry.Subject(triggerType: "operator")
    subject.rule = name
    subject.ruleVersion = version
    let what = differences(old, new)
    let summary =
      "\(note.operation) by \(note.who): " + (what.isEmpty ? "nothing changed" : what.joined(separator: ", "))
    return LedgerEntry(
      causeID: "\(name)#\(new == nil ? "removed after " : "")\(new == nil ? old?.version ?? 0 : version)",
      decision: .changed, gate: .operator, code: lost.isEmpty ? .ruleChanged : .ruleReset,
      summary: lost.isEmpty ? summary : "\(summary); replaced more than it named: \(lost.joined(separator: ", "))",
      facts: JSON(present: [
        "operation": .string(note.operation), "who": .string(note.who), "why": note.why.map { .string($0) },
        "changes": JSON(what), "lost": lost.isEmpty ? nil : JSON(lost), "before": old?.json, "after": new?.json,
      ]), at: now, took: .zero, about: subject)
  }

  /// D27: `put-rule` replaces the whole rule, and whoever wanted to change a cron may not know what else that changed.
  public static func collateral(of old: Rule?, replacedBy rule: Rule, _ note: ChangeNote) -> [String] {
    guard let old, note.operation == "PutRule" else { return [] }
    var lost: [String] = []
    if !old.isEnabled, rule.isEnabled {
      lost.append("it was disabled\(old.pause.map { " (\($0.words))" } ?? "") and is enabled again")
    }
    if old.description != nil, rule.description == nil { lost.append("its description is gone") }
    if old.pattern != nil, rule.pattern == nil { lost.append("its event pattern is gone") }
    if old.schedule != nil, rule.schedule == nil { lost.append("its schedule is gone") }
    return lost
  }

  /// What changed, a phrase each.
  static func differences(_ old: Rule?, _ new: Rule?) -> [String] {
    guard let new else { return ["rule removed"] }
    guard let old else { return ["rule created"] }
    var what: [String] = []
    func note(_ name: String, _ before: String?, _ after: String?) {
      if before != after { what.append("\(name) \(before ?? "none") → \(after ?? "none")") }
    }
    note("state", old.state.rawValue, new.state.rawValue)
    note("misfire", old.misfire.words, new.misfire.words)
    note("overlap", old.overlap.rawValue, new.overlap.rawValue)
    if let pause = new.pause, pause != old.pause { what.append("paused \(pause.words)") }
    note("schedule", old.schedule?.text, new.schedule?.text)
    note("pattern", old.pattern?.text, new.pattern?.text)
    note("description", old.description, new.description)
    note("role", old.role, new.role)
    note("targets", old.targets.map(\.id).joined(separator: " "), new.targets.map(\.id).joined(separator: " "))
    if what.isEmpty, old.targets != new.targets { what.append("a target changed") }
    return what
  }
}
