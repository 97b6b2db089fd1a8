import Events

/// One invocation as the Runtime API hands it out.
///
/// Source: AWS Lambda Developer Guide, "Using the Lambda runtime API", Next invocation.
public struct Invocation: Sendable, Hashable {
  public let requestID: String
  /// The event, as it was sent: JSON as a rule.
  public let payload: [UInt8]
  /// When Lambda kills the function; whoever calls others stops earlier.
  public let deadline: Timestamp
  /// `arn:aws:lambda:…:function:name` or with `:alias`; empty if it was not told.
  public let functionARN: String
  /// X-Ray's header.
  public let traceID: String?
  /// JSON of mobile SDKs.
  public let clientContext: String?

  public init(
    requestID: String, payload: [UInt8], deadline: Timestamp, functionARN: String, traceID: String?,
    clientContext: String?
  ) {
    self.requestID = requestID
    self.payload = payload
    self.deadline = deadline
    self.functionARN = functionARN
    self.traceID = traceID
    self.clientContext = clientContext
  }

  /// nil if the id or the deadline is missing or is no number.
  init?(headers: (String) -> String?, payload: [UInt8]) {
    guard let requestID = headers("Lambda-Runtime-Aws-Request-Id"),
      let milliseconds = headers("Lambda-Runtime-Deadline-Ms").flatMap({ Int64($0) })
    else { return nil }
    self.init(
      requestID: requestID, payload: payload, deadline: Timestamp(milliseconds: milliseconds),
      functionARN: headers("Lambda-Runtime-Invoked-Function-Arn") ?? "", traceID: headers("Lambda-Runtime-Trace-Id"),
      clientContext: headers("Lambda-Runtime-Client-Context"))
  }
}

/// Why a function cannot go on; its process has to end.
public struct RuntimeError: Error, Sendable, Hashable {
  public enum Code: Sendable, Hashable, CaseIterable {
    /// The Runtime API does not listen, or went away in the middle of an answer.
    case unreachable
    /// It answered with a status that is no success.
    case refused
    /// It answered with something that is no invocation.
    case unreadable
  }

  public let code: Code
  /// Of the answer; 0 if there was none.
  public let status: Int
  /// For people.
  public let reason: String

  public init(_ code: Code, status: Int = 0, reason: String) {
    self.code = code
    self.status = status
    self.reason = reason
  }
}
