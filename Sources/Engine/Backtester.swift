import Events
import Matchers
import Patterns
import Rules

/// Holds a pattern against the recorded events, stretch by stretch.
///
/// Each stretch reads pages of the archive, each a short read of its own, and takes no longer than `stretchMax` or so;
/// memory holds two pages. Whoever asks hands back the place where the stretch before ended.
public struct Backtester: Sendable {
  /// How long one stretch goes on.
  public static let stretchMax = Span(milliseconds: 500)
  /// Events of one stretch at most, also where the clock stands still.
  public static let eventsMax = 500_000
  /// Events of one page, and about how many bytes of text.
  static let pageRowsMax = 2_000
  static let pageBytesMax = 4 * 1_024 * 1_024

  /// What is held against the events.
  public struct Question: Sendable {
    public let pattern: EventPattern
    /// A pattern to compare with; nil if nothing is compared.
    public let today: EventPattern?
    public let range: ArchiveRange
    /// Events of each list that the answer names.
    public let samplesMax: Int

    public init(_ pattern: EventPattern, today: EventPattern?, _ range: ArchiveRange, samplesMax: Int) {
      self.pattern = pattern
      self.today = today
      self.range = range
      self.samplesMax = samplesMax
    }
  }

  private let engine: Runtime

  public init(_ engine: Runtime) {
    self.engine = engine
  }

  /// What there is to look at; nil if no event is recorded.
  public func extent(of range: ArchiveRange) async throws(StoreError) -> ArchiveExtent? {
    try await engine.ports.events.extent(of: range)
  }

  /// Looks at the events from one place to another.
  ///
  /// - Returns: what came of them, and where to go on; nil at the end.
  public func look(
    _ question: Question, at places: ClosedRange<Int64>
  ) async throws(StoreError) -> (tally: BacktestTally, next: Int64?) {
    let begun = engine.ports.clock.now()
    var stretch = Stretch(question)
    var page = try await self.page(question, places).get()
    while let last = page.last?.sequence {
      let isLong = engine.ports.clock.now() - begun >= Backtester.stretchMax
      let isFull = stretch.tally.lookedAt + page.count >= Backtester.eventsMax
      guard last < places.upperBound, !isLong, !isFull else {
        for event in page { try stretch.take(event) }
        return (stretch.tally, last < places.upperBound ? last + 1 : nil)
      }
      // The next page is read while this one is matched.
      async let following = self.page(question, (last + 1)...places.upperBound)
      for event in page { try stretch.take(event) }
      page = try await following.get()
    }
    return (stretch.tally, nil)
  }

  private func page(
    _ question: Question, _ places: ClosedRange<Int64>
  ) async -> Result<[ArchivedEvent], StoreError> {
    do throws(StoreError) {
      return .success(
        try await engine.ports.events.page(
          of: question.range, places: places, rowsMax: Backtester.pageRowsMax, bytesMax: Backtester.pageBytesMax))
    } catch {
      return .failure(error)
    }
  }
}

extension Backtester {
  /// One stretch's matcher and tally.
  private struct Stretch {
    /// Number 0 is the candidate, 1 what it is compared with.
    private static let candidate: UInt32 = 0
    private static let today: UInt32 = 1

    private let question: Question
    private let workspace = MatchWorkspace()
    private var matcher = PatternMatcher()
    /// The day of the event before, by its number and its name: few events begin a new one.
    private var day = (number: Int64.min, name: "")
    private(set) var tally: BacktestTally

    init(_ question: Question) {
      self.question = question
      tally = BacktestTally(samplesMax: question.samplesMax)
      matcher.add(question.pattern)
      if let today = question.today { matcher.add(today) }
    }

    mutating func take(_ event: ArchivedEvent) throws(StoreError) {
      tally.look()
      do throws(JSONError) {
        matcher.match(try EventText(event.bytes), in: workspace)
        guard !workspace.matched.isEmpty else { return }
        try count(event)
      } catch {
        throw StoreError(.corrupt, "event \(event.id): \(error.message)")
      }
    }

    private mutating func count(_ event: ArchivedEvent) throws(JSONError) {
      let isMatch = workspace.matched.contains(Stretch.candidate)
      let isToday = workspace.matched.contains(Stretch.today)
      let head = try Head(event.bytes)
      guard !head.isScheduled else { return tally.countScheduled() }
      if isToday { tally.countToday() }
      if isMatch { tally.match(head.json(event), source: head.source, day: name(of: event.receivedAt)) }
      guard let today = question.today, isMatch != isToday else { return }
      let missed = isMatch ? today : question.pattern
      var sample: JSON?
      if tally.wantsSample(gained: isMatch) {
        var json = head.json(event)
        let failures = missed.explain(try JSON(parsing: event.bytes)).failures
        json.set("failures", .array(failures.map(\.json)))
        sample = json
      }
      if isMatch { tally.gain(sample) } else { tally.lose(sample) }
    }

    private mutating func name(of moment: Timestamp) -> String {
      let number = moment.seconds.flooredQuotient(by: 86_400)
      if number != day.number { day = (number, String(Timestamp(seconds: number * 86_400).description.prefix(10))) }
      return day.name
    }
  }

  /// Source and detail type, read without the rest of the event where they come first.
  private struct Head {
    private(set) var source = ""
    private(set) var detailType = ""

    init(_ bytes: [UInt8]) throws(JSONError) {
      var reader = JSONReader(bytes)
      var wanted = 2
      guard reader.take("{"), reader.peek() == UInt8(ascii: "\"") else { return }
      repeat {
        let key = try reader.string()
        guard reader.take(":") else { throw reader.error("a colon is due after the key") }
        let value = try reader.value()
        switch key {
        case "source":
          source = value.string ?? ""
          wanted -= 1
        case "detail-type":
          detailType = value.string ?? ""
          wanted -= 1
        default: break
        }
      } while wanted > 0 && reader.take(",")
    }

    var isScheduled: Bool { Event.isScheduled(source: source, detailType: detailType) }

    func json(_ event: ArchivedEvent) -> JSON {
      [
        "id": .string(event.id), "source": .string(source), "detail-type": .string(detailType),
        "received_at": .string(event.receivedAt.preciseText),
      ]
    }
  }
}
