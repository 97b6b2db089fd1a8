import Events
import Schedules
import Telemetry

/// What becomes of slots that passed while the engine was down, or while their schedule rested: pure (D23).
///
/// A start after a stop and an enabling after a disabling make the same plan.
public struct RecoveryPlan: Sendable, Hashable {
  /// Why nobody decided the slots at their time.
  public enum Occasion: String, Sendable, Hashable {
    case start, resume
  }

  /// Slots that a plan's row names at most, of each kind.
  public static let slotsShown = 100

  public let owner: String
  public let occasion: Occasion
  public let policy: MisfirePolicy
  public let now: Timestamp
  /// Each missed slot, in order, and whether it fires.
  public let slots: [(slot: Timestamp, fires: Bool)]

  /// - Parameters:
  ///   - missed: in order.
  ///   - isCaughtUp: whether a later slot fires in time; then `latest` is that one, and none that was missed fires besides.
  ///   - later: missed slots that come after these and are planned after them; they go first where only some may fire.
  public init(
    _ owner: String, _ occasion: Occasion, _ policy: MisfirePolicy, missed: [Timestamp], isCaughtUp: Bool,
    later: Int = 0, at now: Timestamp
  ) {
    self.owner = owner
    self.occasion = occasion
    self.policy = policy
    self.now = now
    let decided = policy.decide(missed: missed, now: now)
    let room: Int
    switch policy.kind {
    case .skip: room = 0
    case .latest: room = isCaughtUp ? 0 : max(0, 1 - later)
    case .all: room = max(0, policy.countMax - later)
    }
    firing = decided.filter(\.fires).suffix(room).map(\.slot)
    let chosen = Set(firing)
    firingSet = chosen
    slots = decided.map { (slot: $0.slot, fires: chosen.contains($0.slot)) }
  }

  /// The slots that fire all the same, in order.
  public let firing: [Timestamp]
  private let firingSet: Set<Timestamp>

  /// Whether a missed slot fires all the same.
  public func fires(_ slot: Timestamp) -> Bool { firingSet.contains(slot) }

  /// `default/nightly missed 3 slots from … to … while the engine was down; policy latest within 3600 s: 1 fires, 2 do not`
  public var words: String {
    guard let first = slots.first, let last = slots.last else { return "\(owner) missed no slot" }
    let span =
      slots.count == 1 ? "the slot of \(first.slot)" : "\(slots.count) slots from \(first.slot) to \(last.slot)"
    let why = occasion == .start ? "while the engine was down" : "while it rested"
    let count = firing.count
    let most = policy.kind == .all ? ", \(policy.countMax) at most" : ""
    return
      "\(owner) missed \(span) \(why); policy \(policy.kind.rawValue) within \(policy.window.wholeSecondsUp) s\(most): "
      + "\(count) fire\(count == 1 ? "s" : ""), \(slots.count - count) \(slots.count - count == 1 ? "does" : "do") not"
  }

  public var json: JSON {
    [
      "occasion": .string(occasion.rawValue), "policy": .string(policy.kind.rawValue),
      "window_seconds": JSON(policy.window.wholeSecondsUp), "count_max": JSON(policy.countMax),
      "missed": JSON(slots.count), "fires": JSON(firing.prefix(RecoveryPlan.slotsShown).map(\.description)),
      "fires_count": JSON(firing.count), "skips_count": JSON(slots.count - firing.count),
      "first": slots.first.map { .string($0.slot.description) } ?? .null,
      "last": slots.last.map { .string($0.slot.description) } ?? .null,
    ]
  }

  /// One row for many plans, where there are too many for a row each.
  public static func row(ofOthers plans: [RecoveryPlan], at now: Timestamp) -> LedgerEntry {
    let missed = plans.reduce(0) { $0 + $1.slots.count }
    let fires = plans.reduce(0) { $0 + $1.firing.count }
    return LedgerEntry(
      causeID: "recovery@\(now.preciseText)/\(plans.first?.owner ?? "")", decision: .changed, gate: .misfire,
      code: .misfirePlanned,
      summary: "\(plans.count) more schedules missed \(missed) slots: \(fires) fire, \(missed - fires) do not",
      facts: ["schedules": JSON(plans.count), "missed": JSON(missed), "fires_count": JSON(fires)], at: now, took: .zero,
      about: LedgerEntry.Subject(triggerType: "operator"))
  }

  /// The row that stands before the first slot that is recovered.
  public func row() -> LedgerEntry {
    var subject = LedgerEntry.Subject(triggerType: "operator")
    subject.rule = owner
    return LedgerEntry(
      causeID: "\(owner)/recovery@\(now.preciseText)", decision: .changed, gate: .misfire, code: .misfirePlanned,
      summary: words, facts: json, at: now, took: .zero, about: subject)
  }

  public static func == (left: RecoveryPlan, right: RecoveryPlan) -> Bool {
    (left.owner, left.occasion, left.policy, left.now) == (right.owner, right.occasion, right.policy, right.now)
      && left.slots.elementsEqual(right.slots, by: ==)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(owner)
    hasher.combine(now)
    for slot in slots { hasher.combine(slot.slot) }
  }
}
