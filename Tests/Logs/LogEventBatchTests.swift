import Events
import Logs
import Testing

private let now = Timestamp(seconds: 1_757_455_200)

private func event(_ age: Span, _ message: String = "m") -> LogEvent {
  LogEvent(timestamp: now - age, message: message)
}

private func refusal(_ events: [LogEvent]) -> String? {
  do throws(LogsError) {
    _ = try LogEventBatch(events, retention: nil, at: now)
    return nil
  } catch {
    return error.message
  }
}

@Test func `a batch in order is taken whole`() throws {
  let events = [event(.minutes(2)), event(.minutes(1)), event(.minutes(1)), event(.zero)]
  let batch = try LogEventBatch(events, retention: nil, at: now)
  #expect(Array(batch.accepted) == events)
  #expect(batch.rejected == nil)
}

@Test func `a batch out of order fails`() {
  #expect(
    refusal([event(.minutes(1)), event(.minutes(2))])
      == "Log events in a single PutLogEvents request must be in chronological order.")
}

@Test func `a batch of 10000 events is taken and one more fails`() {
  #expect(refusal(Array(repeating: event(.zero), count: 10_000)) == nil)
  #expect(refusal(Array(repeating: event(.zero), count: 10_001))?.contains("less than or equal to 10000") == true)
  #expect(refusal([])?.contains("greater than or equal to 1") == true)
}

@Test func `a batch counts UTF-8 and 26 bytes for each event`() {
  #expect(event(.zero, "ü").sizeBytes == 28)
  let half = String(repeating: "ü", count: (524_288 - 26) / 2)
  #expect(refusal([event(.zero, half), event(.zero, half)]) == nil)
  #expect(
    refusal([event(.zero, half), event(.zero, half + "x")])
      == "Upload too large: 1048577 bytes exceeds limit of 1048576")
}

@Test func `an event of 1 MB is taken and a byte more fails`() {
  let message = String(repeating: "x", count: 1_048_576 - 26)
  #expect(refusal([event(.zero, message)]) == nil)
  #expect(refusal([event(.zero, message + "x")]) == "Log event too large: 1048577 bytes exceeds limit of 1048576")
  #expect(refusal([event(.zero, "")])?.contains("logEvents.1.member.message") == true)
  let early = LogEvent(timestamp: Timestamp(milliseconds: -1), message: "m")
  #expect(refusal([early])?.contains("logEvents.1.member.timestamp") == true)
}

@Test func `the events that are taken span 24 hours at most`() {
  #expect(refusal([event(.hours(24)), event(.zero)]) == nil)
  #expect(
    refusal([event(.hours(24) + Span(milliseconds: 1)), event(.zero)])
      == "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
  // What is rejected does not count.
  #expect(refusal([event(.days(15)), event(.zero), event(.zero - .hours(30))]) == nil)
}

extension Span {
  fileprivate static func - (left: Span, right: Span) -> Span {
    Span(milliseconds: left.milliseconds - right.milliseconds)
  }
}

@Test func `events too old and too new are rejected by their indices`() throws {
  let tick = Span(milliseconds: 1)
  let events = [
    event(.days(14) + tick), event(.days(14)), event(.days(14)), event(.zero - .hours(2)),
    event(.zero - .hours(2) - tick),
  ]
  let old = try LogEventBatch(Array(events[..<3]), retention: nil, at: now)
  #expect(old.rejected?.tooOldLogEventEndIndex == 1)
  #expect(old.rejected?.expiredLogEventEndIndex == nil)
  #expect(old.rejected?.tooNewLogEventStartIndex == nil)
  #expect(old.accepted.count == 2)
  let new = try LogEventBatch(Array(events[3...]), retention: nil, at: now)
  #expect(new.rejected?.tooNewLogEventStartIndex == 1)
  #expect(new.rejected?.tooOldLogEventEndIndex == nil)
  #expect(new.accepted.count == 1)
}

@Test func `events that the retention does not keep are expired`() throws {
  let day = try LogRetention(days: 1)
  let batch = try LogEventBatch(
    [event(.days(15)), event(.days(2)), event(.days(1)), event(.zero)], retention: day, at: now)
  #expect(batch.rejected?.tooOldLogEventEndIndex == 1)
  #expect(batch.rejected?.expiredLogEventEndIndex == 2)
  #expect(batch.accepted.count == 2)
  let year = try LogRetention(days: 365)
  let kept = try LogEventBatch([event(.days(15)), event(.zero)], retention: year, at: now)
  #expect(kept.rejected?.tooOldLogEventEndIndex == 1)
  #expect(kept.rejected?.expiredLogEventEndIndex == nil)
}

@Test func `events too old for any group are not called expired`() throws {
  let week = try LogRetention(days: 7)
  let batch = try LogEventBatch([event(.days(15)), event(.zero)], retention: week, at: now)
  #expect(batch.rejected?.tooOldLogEventEndIndex == 1)
  #expect(batch.rejected?.expiredLogEventEndIndex == nil)
}

@Test func `a batch may be rejected whole`() throws {
  let batch = try LogEventBatch([event(.days(20)), event(.zero - .hours(3))], retention: nil, at: now)
  #expect(batch.accepted.isEmpty)
  #expect(batch.rejected?.tooOldLogEventEndIndex == 1)
  #expect(batch.rejected?.tooNewLogEventStartIndex == 1)
}
