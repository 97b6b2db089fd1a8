import Events
import Logs
import Testing

private let moment = Timestamp(milliseconds: 1_757_455_200_123)

@Test func `an application line is Lambda's JSON with further fields after it`() {
  let line = FunctionLogLine.application(
    at: moment, level: .error, message: "no \"stock\"", requestID: "r-1", fields: ["order": "7", "correlation_id": "x"])
  #expect(
    line.text
      == #"{"timestamp":"2025-09-09T22:00:00.123Z","level":"ERROR","message":"no \"stock\"","requestId":"r-1","#
      + #""correlation_id":"x","order":"7"}"#)
  #expect(line.event == LogEvent(timestamp: moment, message: line.text))
}

@Test func `a line outside an invocation has no request`() {
  let line = FunctionLogLine.application(at: moment, level: .info, message: "m", requestID: nil)
  #expect(line.text == #"{"timestamp":"2025-09-09T22:00:00.123Z","level":"INFO","message":"m"}"#)
}

@Test func `a field does not replace one of the line's own`() {
  let line = FunctionLogLine.application(
    at: moment, level: .info, message: "m", requestID: "r", fields: ["level": "ERROR", "message": "other", "a": "b"])
  #expect(line.json["level"]?.string == "INFO")
  #expect(line.json["message"]?.string == "m")
  #expect(line.json.members?.count == 5)
}

@Test func `the platform's lines have its record`() {
  let start = FunctionLogLine.platformStart(at: moment, requestID: "r-1")
  #expect(
    start.text
      == #"{"time":"2025-09-09T22:00:00.123Z","type":"platform.start","record":{"requestId":"r-1","version":"$LATEST"}}"#
  )
  let done = FunctionLogLine.platformRuntimeDone(
    at: moment, requestID: "r-1", status: .success, duration: .seconds(1), producedBytes: 12)
  #expect(
    done.text
      == #"{"time":"2025-09-09T22:00:00.123Z","type":"platform.runtimeDone","record":{"requestId":"r-1","#
      + #""status":"success","metrics":{"durationMs":1000,"producedBytes":12}}}"#)
  let usage = FunctionLogLine.Usage(
    duration: .seconds(1), billedDuration: .seconds(1), memorySizeMB: 128, maxMemoryUsedMB: 33,
    initDuration: Span(milliseconds: 90))
  let report = FunctionLogLine.platformReport(
    at: moment, requestID: "r-1", status: .timeout, usage: usage, fields: ["correlation_id": "x"])
  #expect(
    report.text
      == #"{"time":"2025-09-09T22:00:00.123Z","type":"platform.report","record":{"requestId":"r-1","metrics":"#
      + #"{"durationMs":1000,"billedDurationMs":1000,"memorySizeMB":128,"maxMemoryUsedMB":33,"initDurationMs":90},"#
      + #""status":"timeout"},"correlation_id":"x"}"#)
}

@Test func `lines are found by field and by level`() throws {
  let byField = try FilterPattern(parsing: #"{ $.correlation_id = "x" }"#)
  let byLevel = try FilterPattern(parsing: "?ERROR ?FATAL")
  let fields = ["correlation_id": "x"]
  let bad = FunctionLogLine.application(at: moment, level: .error, message: "m", requestID: "r", fields: fields)
  let good = FunctionLogLine.application(at: moment, level: .info, message: "m", requestID: "r")
  let start = FunctionLogLine.platformStart(at: moment, requestID: "r", fields: fields)
  #expect(byField.matches(bad.text) && byField.matches(start.text) && !byField.matches(good.text))
  #expect(byLevel.matches(bad.text) && !byLevel.matches(good.text) && !byLevel.matches(start.text))
}
