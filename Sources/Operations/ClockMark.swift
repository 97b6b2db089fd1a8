import Engine
import Events

/// Which clock a store lives by, decided for good by its first start, and where a virtual one stands.
///
/// Time that was real cannot be played and time that was played was never real, so no store knows both.
public struct ClockMark: Sendable, Hashable {
  /// Raw values are stored and shown, so they are never renamed.
  public enum Mode: String, Sendable, Hashable, CaseIterable {
    case real
    case virtual
  }

  /// Times as fast as real time; 0 stands still.
  public static let speeds = 0...100_000
  /// No clock is advanced further: schedules end there.
  public static let last = CivilTime("2200-01-01T00:00:00").map(\.asUTC) ?? .epoch

  private static let name = "clock"
  /// Later than every start there was.
  private static let never = Timestamp(seconds: 253_402_300_799)

  public let mode: Mode
  /// What a virtual clock shows; of a real one, when it was first used.
  public var instant: Timestamp
  public var speed: Int

  public init(_ mode: Mode, instant: Timestamp, speed: Int = 0) {
    self.mode = mode
    self.instant = instant
    self.speed = speed
  }

  /// What a store keeps its mark in, and what tells whether it has lived before it had one.
  public typealias Store = Documents & RuleStore & LedgerChain & StateHistory

  /// The mark that is in force: the store's own, or the one that is wanted where nothing has ever run.
  ///
  /// A store that ran before there were marks ran on the real clock. To be asked before anything else writes.
  public static func claim(
    _ wanted: Mode, _ store: any Store, at now: Timestamp
  ) async throws(StoreError) -> ClockMark {
    if let document = try await store.document(.clock, name) {
      guard let mark = ClockMark(json: document.json) else {
        throw StoreError(.corrupt, "the store does not say which clock it lives by")
      }
      return mark
    }
    let mark = ClockMark(try await hasLived(store) ? .real : wanted, instant: now)
    try await mark.save(store)
    return mark
  }

  /// Durable when it returns.
  func save(_ documents: any Documents) async throws(StoreError) {
    try await documents.save([DocumentChange(.clock, ClockMark.name, json)], at: instant)
  }

  private static func hasLived(_ store: any Store) async throws(StoreError) -> Bool {
    if try await !store.rules().isEmpty { return true }
    if try await store.head() != nil { return true }
    return try await store.lifetimes(around: never).before != nil
  }

  private var json: JSON {
    ["mode": .string(mode.rawValue), "instant": .string(instant.preciseText), "speed": JSON(speed)]
  }

  private init?(json: JSON) {
    guard let mode = json["mode"]?.string.flatMap({ Mode(rawValue: $0) }),
      let instant = json["instant"]?.string.flatMap({ Timestamp($0) }), let speed = json["speed"]?.int,
      ClockMark.speeds.contains(speed)
    else { return nil }
    self.init(mode, instant: instant, speed: speed)
  }
}
