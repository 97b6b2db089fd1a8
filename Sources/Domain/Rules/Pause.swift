import Events

/// Why something rests, and until when (§9).
public struct Pause: Sendable, Hashable {
  /// The most characters of a reason.
  public static let reasonLengthMax = 1_000

  public let who: String
  /// In the words of whoever did it; nil if nothing was said.
  public let why: String?
  public let since: Timestamp
  /// When it ends by itself; nil if somebody has to end it.
  public let until: Timestamp?

  public init(who: String, why: String?, since: Timestamp, until: Timestamp?) {
    self.who = who
    self.why = why
    self.since = since
    self.until = until
  }

  /// The pause of something that was changed: none while it is enabled; one that goes on stays as it is, and one that begins
  /// without more being said has who began it, and why.
  ///
  /// - Parameters:
  ///   - wasResting: whether it was disabled before.
  ///   - old: its pause before.
  ///   - asked: the pause that the change brings.
  public static func after(
    isEnabled: Bool, wasResting: Bool, _ old: Pause?, _ asked: Pause?, who: String, why: String?, at now: Timestamp
  ) -> Pause? {
    guard !isEnabled else { return nil }
    if let asked, asked != old { return asked }
    if wasResting { return old }
    return Pause(who: who, why: why.map { String($0.prefix(Pause.reasonLengthMax)) }, since: now, until: nil)
  }

  /// `by ann since 2026-01-01T00:00:00Z until 2026-01-02T00:00:00Z: maintenance`
  public var words: String {
    "by \(who) since \(since)" + (until.map { " until \($0)" } ?? "") + (why.map { ": \($0)" } ?? "")
  }

  public var json: JSON {
    JSON(present: [
      "who": .string(who), "why": why.map { .string($0) }, "since": .string(since.preciseText),
      "until": until.map { .string($0.preciseText) },
    ])
  }

  /// Reads what `json` wrote; nil if a member is absent.
  public init?(json: JSON) {
    guard let who = json["who"]?.string, let since = json["since"]?.string.flatMap({ Timestamp($0) }) else {
      return nil
    }
    self.init(
      who: who, why: json["why"]?.string, since: since, until: json["until"]?.string.flatMap { Timestamp($0) })
  }
}
