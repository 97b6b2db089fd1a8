import Engine
import Events
import Extraction
import Measures
import Synchronization

/// Takes note of what happens, in memory: lines of the log and values of metrics, until they are stored.
///
/// It is called on the path of a cause, so it neither waits nor writes; the monitor takes what it has every few seconds,
/// and before every question. What was noted in the last seconds before a crash is lost; the ledger is not.
public final class Recorder: Observer, LogSink {
  /// Lines kept until they are taken; beyond, the oldest of them go, and their number is told.
  public static let linesMax = 50_000
  /// Invocations whose lines are held until their correlation id is known.
  public static let invocationsMax = 1_024

  /// A line on its way to a stream.
  private struct Line {
    let at: Timestamp
    let group: String
    var json: JSON
  }

  private struct Held {
    var lines: [Line] = []
    var correlationID: String?
  }

  private struct State {
    var lines: [Line] = []
    var dropped = 0
    var held: [String: Held] = [:]
    var minutes: [MetricMinute: Rollup] = [:]
    var running: [String: Int] = [:]
    var turns: [String: Timestamp] = [:]
  }

  private let clock: any WallClock
  private let next: any LogSink
  private let engineGroup: String
  /// Tells this process's streams from those of others.
  private let streamSuffix: String
  private let state = Mutex(State())

  /// - Parameter next: where lines go besides.
  public init(_ clock: any WallClock, _ next: any LogSink, environment: String) {
    self.clock = clock
    self.next = next
    engineGroup = Recorder.engineGroup(environment)
    streamSuffix = String(DerivedID.uuid(of: "\(environment) \(clock.now().preciseText)").filter { $0 != "-" })
  }

  public static func engineGroup(_ environment: String) -> String { "/bellcrank/\(environment)/engine" }
  public static func group(ofFunction name: String) -> String { "/aws/lambda/\(name)" }

  public func write(_ line: LogLine) {
    next.write(line)
    let now = clock.now()
    let origin = LogOrigin.current
    var json: JSON = [
      "timestamp": .string(now.preciseText), "level": .string(line.level.rawValue), "message": .string(line.message),
    ]
    if let origin { json.set("requestId", .string(origin.requestID)) }
    for (name, value) in line.fields.sorted(by: { $0.key < $1.key }) { json.set(name, .string(value)) }
    let made = Line(at: now, group: origin.map { Recorder.group(ofFunction: $0.function) } ?? engineGroup, json: json)
    state.withLock { state in
      if let origin, state.held[origin.requestID] != nil {
        state.held[origin.requestID]?.lines.append(made)
        if let id = line.fields["correlation_id"] { state.held[origin.requestID]?.correlationID = id }
      } else {
        Recorder.keep(made, line.fields["correlation_id"] ?? line.fields["cause"] ?? origin?.requestID, &state)
      }
    }
  }

  public func observe(_ observation: Observation, at now: Timestamp) {
    switch observation {
    case .invocationStarted(let function, let requestID):
      let json: JSON = [
        "time": .string(now.preciseText), "type": "platform.start", "level": "INFO",
        "record": ["requestId": .string(requestID), "version": "$LATEST"],
      ]
      let line = Line(at: now, group: Recorder.group(ofFunction: function), json: json)
      state.withLock { state in
        state.running[function, default: 0] += 1
        let running = Double(state.running[function] ?? 0)
        Recorder.add(
          Sample(
            MetricID(Namespace.lambda, "ConcurrentExecutions", ["FunctionName": function]), .count, running, at: now),
          &state)
        if state.held.count < Recorder.invocationsMax {
          state.held[requestID, default: Held()].lines.append(line)
        } else {
          Recorder.keep(line, requestID, &state)
        }
      }
    case .invocationEnded(let function, let requestID, let took, let outcome):
      ended(function, requestID, took, outcome, at: now)
    case .sourceAnswered(let source, let took, let error):
      answered(source, took, error?.code.rawValue, at: now)
    case .slotsDecided(let slots):
      guard let earliest = slots.min() else { return }
      let metric = MetricID(Namespace.triggers, "ScheduleLateness", [:])
      let lateness = Double(max(0, (now - earliest).milliseconds))
      state.withLock { Recorder.add(Sample(metric, .milliseconds, lateness, at: now), &$0) }
    case .loopTurned(let name):
      state.withLock { $0.turns[name] = now }
    }
  }

  private func ended(
    _ function: String, _ requestID: String, _ took: Span, _ outcome: FunctionOutcome, at now: Timestamp
  ) {
    var correlationID: String?
    var failure: String?
    switch outcome {
    case .answered(let answer): correlationID = answer["correlation_id"]?.string
    case .failed(let type, let message): failure = "\(type): \(message)"
    }
    let record = JSON(present: [
      "requestId": .string(requestID), "metrics": ["durationMs": JSON(Int(took.milliseconds))],
      "status": .string(failure == nil ? "success" : "error"), "errorType": failure.map { .string($0) },
    ])
    let json: JSON = [
      "time": .string(now.preciseText), "type": "platform.report", "level": .string(failure == nil ? "INFO" : "ERROR"),
      "record": record,
    ]
    let line = Line(at: now, group: Recorder.group(ofFunction: function), json: json)
    state.withLock { state in
      state.running[function, default: 1] -= 1
      var held = state.held.removeValue(forKey: requestID) ?? Held()
      held.lines.append(line)
      for line in held.lines { Recorder.keep(line, correlationID ?? held.correlationID ?? requestID, &state) }
      func add(_ name: String, _ unit: MetricUnit, _ value: Double) {
        let metric = MetricID(Namespace.lambda, name, ["FunctionName": function])
        Recorder.add(Sample(metric, unit, value, at: now), &state)
      }
      add("Invocations", .count, 1)
      add("Errors", .count, failure == nil ? 0 : 1)
      add("Throttles", .count, 0)
      add("Duration", .milliseconds, Double(took.milliseconds))
    }
  }

  /// Use of the source's API, and what it answered.
  private func answered(_ source: String, _ took: Span, _ code: String?, at now: Timestamp) {
    state.withLock { state in
      func add(_ name: String, _ unit: MetricUnit, _ value: Double) {
        Recorder.add(Sample(MetricID(Namespace.triggers, name, ["Source": source]), unit, value, at: now), &state)
      }
      add("SourceRequests", .count, 1)
      add("SourceErrors", .count, code == nil ? 0 : 1)
      add("SourceThrottled", .count, code == "SOURCE_THROTTLED" ? 1 : 0)
      add("SourceLatency", .milliseconds, Double(took.milliseconds))
    }
  }

  /// A value that somebody else has found out.
  public func note(_ samples: [Sample]) {
    state.withLock { state in
      for sample in samples { Recorder.add(sample, &state) }
    }
  }

  /// When each loop last came round.
  public var turns: [String: Timestamp] { state.withLock { $0.turns } }

  /// Everything noted since the last time, ready to be stored.
  public func take() -> (minutes: [MetricMinute: Rollup], records: [LogRecord]) {
    let (minutes, lines, dropped) = state.withLock { state in
      defer { (state.minutes, state.lines, state.dropped) = ([:], [], 0) }
      return (state.minutes, state.lines, state.dropped)
    }
    let now = clock.now()
    var records = lines.map { record($0, now) }
    if dropped > 0 {
      let json: JSON = [
        "timestamp": .string(now.preciseText), "level": "WARN",
        "message": .string("\(dropped) lines were dropped: the store did not keep up"), "correlation_id": "engine",
      ]
      records.append(record(Line(at: now, group: engineGroup, json: json), now))
    }
    return (minutes, records)
  }

  /// Takes back what could not be stored.
  public func giveBack(_ minutes: [MetricMinute: Rollup]) {
    state.withLock { state in state.minutes.merge(minutes) { $0.merged(with: $1) } }
  }

  private func record(_ line: Line, _ now: Timestamp) -> LogRecord {
    let day = line.at.dateText.replacing("-", with: "/")
    let stream = line.group == engineGroup ? "\(day)/\(streamSuffix)" : "\(day)/[$LATEST]\(streamSuffix)"
    return LogRecord(group: line.group, stream: stream, at: line.at, ingestedAt: now, message: line.json.text)
  }

  private static func keep(_ line: Line, _ correlationID: String?, _ state: inout State) {
    var line = line
    if line.json["correlation_id"] == nil { line.json.set("correlation_id", .string(correlationID ?? "engine")) }
    if state.lines.count >= linesMax {
      let half = linesMax / 2
      state.lines.removeFirst(half)
      state.dropped += half
    }
    state.lines.append(line)
  }

  private static func add(_ sample: Sample, _ state: inout State) {
    let start = MetricPeriods.start(of: sample.at, period: RollupTier.minute.seconds)
    let minute = MetricMinute(metric: sample.metric, unit: sample.unit, at: start)
    let rollup = Rollup(sample.value)
    if let before = state.minutes[minute] {
      state.minutes[minute] = before.merged(with: rollup)
    } else {
      state.minutes[minute] = rollup
    }
  }
}
