import Events
import Extraction

/// What happens that no durable row tells of; it is seen, counted and forgotten.
public enum Observation: Sendable {
  case invocationStarted(function: String, requestID: String)
  case invocationEnded(function: String, requestID: String, took: Span, FunctionOutcome)
  /// A request to a data source; nil if it brought prices.
  case sourceAnswered(source: String, took: Span, SourceError?)
  /// Slots were decided: they are durable now.
  case slotsDecided([Timestamp])
  /// A loop of the engine has come round.
  case loopTurned(String)
}

/// Who watches the engine at work. Adapter: `Operations.Recorder`.
///
/// It is called on the path of a cause, so it only takes note: no I/O, no waiting.
public protocol Observer: Sendable {
  func observe(_ observation: Observation, at now: Timestamp)
}

/// An observer that looks away: for worlds without an operator.
public struct NoObserver: Observer {
  public init() {}

  public func observe(_ observation: Observation, at now: Timestamp) {}
}

/// Which invocation a line of the log belongs to; nil where the engine itself speaks.
public struct LogOrigin: Sendable, Hashable {
  @TaskLocal public static var current: LogOrigin?

  /// The function that writes.
  public let function: String
  public let requestID: String

  public init(function: String, requestID: String) {
    self.function = function
    self.requestID = requestID
  }
}
