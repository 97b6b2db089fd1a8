import Events

/// Says which slots have had their grace: time in which the loops could really have decided them, by one who looks now and then.
///
/// Pure: it is told what the clock shows at each look. A look that comes much later than looks do counts for little, so a clock
/// that is set forward, a machine that slept and a process that was halted take nothing of a slot's grace away; a clock that is
/// set back adds nothing to it.
struct GraceClock: Sendable, Hashable {
  /// Time between two looks that is what it seems. Looks are a minute apart, and some seconds.
  static let stepMax = Span.seconds(70)
  /// What counts of a longer time: it may all have been a jump, and it may not. Looks that always come late find things a few
  /// looks later.
  static let jumpCounts = Span.seconds(30)

  /// From when on the clock was ahead of the time that counted by so much.
  private struct Lead: Hashable {
    let from: Span
    /// What the clock showed when no time had counted yet, had it gone evenly.
    let origin: Timestamp
  }

  /// The earliest that the clock has shown.
  private(set) var since: Timestamp
  private let grace: Span
  private var shown: Timestamp
  private var counted = Span.zero
  /// Those that matter still, each later and further ahead than the one before it. They are few: the clock gets ahead by late
  /// looks only, and four of those are a grace.
  private var leads: [Lead]

  /// A process that starts at that moment: no time counts before it.
  init(_ grace: Span, startedAt: Timestamp) {
    // A jump that is too short to be told from time leaves the loops as long as they sleep.
    precondition(grace > GraceClock.stepMax + Runtime.napMax, "one look must not use a grace up")
    self.grace = grace
    since = startedAt
    shown = startedAt
    leads = [Lead(from: .zero, origin: startedAt)]
  }

  /// A look. Slots before the answer have had their grace; nil while nothing has.
  mutating func look(at now: Timestamp) -> Timestamp? {
    let step = max(.zero, now - shown)
    counted = counted + (step <= GraceClock.stepMax ? step : GraceClock.jumpCounts)
    shown = now
    since = min(since, now)
    let origin = Timestamp(milliseconds: now.milliseconds - counted.milliseconds)
    // What a clock showed that was set back since, it has not shown for long.
    let from = leads.first { $0.origin >= origin }?.from ?? counted
    leads.removeAll { $0.origin >= origin }
    leads.append(Lead(from: from, origin: origin))
    let begin = Span(milliseconds: counted.milliseconds - grace.milliseconds)
    guard begin > .zero else { return nil }
    // The first was still in force within the grace unless the second was from its beginning on.
    while leads.count > 1, leads[1].from <= begin { leads.removeFirst() }
    return leads[0].origin + begin
  }
}
