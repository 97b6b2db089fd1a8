import Events

/// An answer of Lambda.
public enum LambdaAnswer: Sendable, Hashable {
  case invoked(Invocation)
  /// An `Event` was queued: 202.
  case accepted
  /// A `DryRun` would be allowed: 204.
  case allowed
  case getFunction(FunctionShape)
  case getFunctionConfiguration(FunctionShape)
  case listFunctions([FunctionShape], nextMarker: String?)

  /// What a function gave back.
  public struct Invocation: Sendable, Hashable {
    /// The result, or the error's description.
    public let payload: JSON
    /// `Unhandled` or `Handled` if the function failed; the status is 200 all the same.
    public let functionError: String?
    /// The last 4 KiB of the log, if the client asked for it.
    public let logTail: String?
    public let executedVersion: String

    public init(
      payload: JSON, functionError: String? = nil, logTail: String? = nil, executedVersion: String = "$LATEST"
    ) {
      self.payload = payload
      self.functionError = functionError
      self.logTail = logTail
      self.executedVersion = executedVersion
    }
  }

  /// A function as Lambda shows it.
  public struct FunctionShape: Sendable, Hashable {
    public let functionName: String
    public let functionArn: String
    public let runtime: String
    public let role: String
    public let handler: String
    public let description: String
    public let timeoutSeconds: Int
    public let memorySizeMiB: Int
    public let lastModified: Timestamp
    public let environment: [String: String]
    public let deadLetterArn: String?
    /// nil if it has none of its own.
    public let reservedConcurrentExecutions: Int?

    public init(
      functionName: String, functionArn: String, runtime: String, role: String, handler: String, description: String,
      timeoutSeconds: Int, memorySizeMiB: Int, lastModified: Timestamp, environment: [String: String] = [:],
      deadLetterArn: String? = nil, reservedConcurrentExecutions: Int? = nil
    ) {
      self.functionName = functionName
      self.functionArn = functionArn
      self.runtime = runtime
      self.role = role
      self.handler = handler
      self.description = description
      self.timeoutSeconds = timeoutSeconds
      self.memorySizeMiB = memorySizeMiB
      self.lastModified = lastModified
      self.environment = environment
      self.deadLetterArn = deadLetterArn
      self.reservedConcurrentExecutions = reservedConcurrentExecutions
    }
  }

  var status: Int {
    switch self {
    case .accepted: 202
    case .allowed: 204
    case .invoked, .getFunction, .getFunctionConfiguration, .listFunctions: 200
    }
  }

  /// The body; nil if there is none.
  var json: JSON? {
    switch self {
    case .accepted, .allowed: return nil
    case .invoked(let invocation): return invocation.payload
    case .getFunctionConfiguration(let function): return function.json
    case .getFunction(let function):
      return JSON(present: [
        "Configuration": function.json,
        "Concurrency": function.reservedConcurrentExecutions.map { ["ReservedConcurrentExecutions": JSON($0)] },
      ])
    case .listFunctions(let functions, let nextMarker):
      return JSON(present: ["Functions": .array(functions.map(\.json)), "NextMarker": JSON(text: nextMarker)])
    }
  }

  var headers: [WireResponse.Header] {
    guard case .invoked(let invocation) = self else { return [] }
    var headers = [WireResponse.Header("X-Amz-Executed-Version", invocation.executedVersion)]
    if let error = invocation.functionError { headers.append(.init("X-Amz-Function-Error", error)) }
    if let tail = invocation.logTail {
      headers.append(.init("X-Amz-Log-Result", [UInt8](tail.utf8.suffix(LambdaAnswer.logTailBytesMax)).base64))
    }
    return headers
  }

  /// Bytes of the log that `LogType` `Tail` returns.
  public static let logTailBytesMax = 4_096
}

extension LambdaAnswer.FunctionShape {
  var json: JSON {
    JSON(present: [
      "FunctionName": .string(functionName), "FunctionArn": .string(functionArn), "Runtime": .string(runtime),
      "Role": .string(role), "Handler": .string(handler), "CodeSize": 0, "Description": .string(description),
      "Timeout": JSON(timeoutSeconds), "MemorySize": JSON(memorySizeMiB),
      "LastModified": .string(String(lastModified.preciseText.dropLast()) + "+0000"), "Version": "$LATEST",
      "DeadLetterConfig": deadLetterArn.map { ["TargetArn": .string($0)] },
      "Environment": environment.isEmpty ? nil : ["Variables": JSON(map: environment)], "State": "Active",
      "LastUpdateStatus": "Successful", "PackageType": "Zip",
    ])
  }
}
