import Events

/// An operation of Lambda, its members named as AWS names them.
///
/// Source: botocore, `lambda/2015-03-31/service-2.json`.
public enum LambdaOperation: Sendable, Hashable {
  case invoke(InvokeInput)
  case getFunction(FunctionReference)
  case getFunctionConfiguration(FunctionReference)
  case listFunctions(marker: String?, maxItems: Int?)

  /// How an invocation is answered.
  public enum InvocationType: String, Sendable, Codable, CaseIterable {
    /// Accepted and queued: 202.
    case event = "Event"
    /// Run, and its result awaited: 200.
    case requestResponse = "RequestResponse"
    /// Only checked: 204.
    case dryRun = "DryRun"
  }

  /// Whether the tail of the log comes back with the result.
  public enum LogType: String, Sendable, Codable, CaseIterable {
    case none = "None"
    case tail = "Tail"
  }

  /// A function to run.
  public struct InvokeInput: Sendable, Hashable {
    public let function: FunctionReference
    public let invocationType: InvocationType
    public let logType: LogType
    /// Base64, as it was sent.
    public let clientContext: String?
    /// nil if the body was empty.
    public let payload: JSON?
  }

  /// AWS's name of the operation.
  public var name: String {
    switch self {
    case .invoke: "Invoke"
    case .getFunction: "GetFunction"
    case .getFunctionConfiguration: "GetFunctionConfiguration"
    case .listFunctions: "ListFunctions"
    }
  }

  init(_ request: WireRequest) throws(WireError) {
    let parts = request.path.split(separator: "/").map(String.init)
    guard let query = Form(parsing: request.query) else {
      throw WireError(.invalidParameterValue, "The query string is malformed.")
    }
    guard parts.count >= 2, parts[0] == "2015-03-31", parts[1] == "functions" else {
      throw LambdaOperation.unknown(request)
    }
    switch (request.method, parts.count, parts.last) {
    case ("GET", 2, _):
      self = try LambdaOperation.listing(query)
    case ("GET", 3, _):
      self = .getFunction(try FunctionReference(parts[2], query))
    case ("GET", 4, "configuration"):
      self = .getFunctionConfiguration(try FunctionReference(parts[2], query))
    case ("POST", 4, "invocations"):
      self = .invoke(try InvokeInput(try FunctionReference(parts[2], query), request))
    default:
      throw LambdaOperation.unknown(request)
    }
  }

  /// Which versions a listing shows; there is one of each function.
  private enum FunctionVersion: String, Sendable, CaseIterable {
    case all = "ALL"
  }

  private static func listing(_ query: Form) throws(WireError) -> LambdaOperation {
    if let version = query["FunctionVersion"] {
      var validation = Validation()
      let _: FunctionVersion? = validation.choice(version, at: "functionVersion")
      try validation.settle()
    }
    guard let text = query["MaxItems"] else { return .listFunctions(marker: query["Marker"], maxItems: nil) }
    guard let count = Int(text) else {
      throw WireError(.serialization, "STRING_VALUE can not be converted to an Integer (at 'maxItems')")
    }
    var validation = Validation()
    validation.bound(count, 1...10_000, text, at: "maxItems", "have value")
    try validation.settle()
    return .listFunctions(marker: query["Marker"], maxItems: count)
  }

  private static func unknown(_ request: WireRequest) -> WireError {
    let action = printable("\(request.method) \(request.path)")
    return WireError(.unknownOperation, "The action \(action) is not served for lambda.")
  }
}

extension LambdaOperation.InvokeInput {
  init(_ function: FunctionReference, _ request: WireRequest) throws(WireError) {
    self.function = function
    clientContext = request.headers["x-amz-client-context"]
    var validation = Validation()
    invocationType =
      request.headers["x-amz-invocation-type"].flatMap { validation.choice($0, at: "invocationType") }
      ?? .requestResponse
    logType = request.headers["x-amz-log-type"].flatMap { validation.choice($0, at: "logType") } ?? .none
    try validation.settle()
    let max = invocationType == .event ? WireLimits.invokeEventBytesMax : WireLimits.invokePayloadBytesMax
    guard request.body.count <= max else {
      let message = "Request must be smaller than \(max) bytes for the InvokeFunction operation"
      throw WireError(.requestTooLarge, message)
    }
    guard !request.body.isEmpty else {
      payload = nil
      return
    }
    do {
      payload = try JSON(parsing: request.body)
    } catch {
      throw WireError(.invalidRequestContent, "Could not parse request body into json: \(error.message)")
    }
  }
}

/// A function as a client names it: by name, by partial ARN or by ARN, each with or without a qualifier.
///
/// Source: botocore, `lambda/2015-03-31`, shape `NamespacedFunctionName`.
public struct FunctionReference: Sendable, Hashable {
  public let name: String
  /// nil if the client did not say.
  public let account: String?
  /// nil if the client did not say.
  public let region: String?
  /// A version or an alias, from the name or from the query; nil for `$LATEST`.
  public let qualifier: String?

  /// - Parameter part: one part of the path, still percent-encoded.
  init(_ part: String, _ query: Form) throws(WireError) {
    let text = part.percentDecoded(plusIsBlank: false) ?? part
    var validation = Validation()
    validation.check(text, .functionName, at: "functionName")
    if let qualifier = query["Qualifier"] { validation.check(qualifier, .qualifier, at: "qualifier") }
    try validation.settle()
    guard let reference = FunctionReference(text) else {
      preconditionFailure("what matches the pattern of a function's name is one")
    }
    if let named = reference.qualifier, let asked = query["Qualifier"], named != asked {
      let message = "The derived qualifier from the function name does not match the specified qualifier."
      throw WireError(.invalidParameterValue, message)
    }
    name = reference.name
    account = reference.account
    region = reference.region
    qualifier = reference.qualifier ?? query["Qualifier"]
  }

  /// nil if the text names no function.
  public init?(_ text: String) {
    var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)[...]
    if parts.count > 3, parts[0] == "arn", parts[1].hasPrefix("aws"), parts[2] == "lambda" {
      parts = parts.dropFirst(3)
    }
    var (region, account): (String?, String?) = (nil, nil)
    if parts.count > 1, let first = parts.first, FunctionReference.isRegion(first) { region = parts.popFirst() }
    if parts.count > 1, let first = parts.first, isAccount(first) { account = parts.popFirst() }
    if parts.count > 1, parts.first == "function" { parts.removeFirst() }
    guard let name = parts.popFirst(), TextShape.alphabet("-_.")(name) else { return nil }
    let qualifier = parts.popFirst()
    guard parts.isEmpty, qualifier.map(FunctionReference.isQualifier) ?? true else { return nil }
    self.name = name
    self.account = account
    self.region = region
    self.qualifier = qualifier
  }

  private static func isRegion(_ text: String) -> Bool {
    let words = text.split(separator: "-", omittingEmptySubsequences: false)
    guard words.count >= 3, words[0].utf8.count == 2, let digit = words.last, digit.utf8.count == 1 else {
      return false
    }
    return digit.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  private static func isQualifier(_ text: String) -> Bool {
    text == "$LATEST" || text == "$LATEST.PUBLISHED" || TextShape.alphabet("-_")(text)
  }
}

extension TextShape {
  static let functionName = TextShape(
    1...256,
    pattern: #"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"#
      + #"([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"#,
    accepts: { FunctionReference($0) != nil })
  static let qualifier = TextShape(
    1...128, pattern: #"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"#,
    accepts: { $0 == "$LATEST.PUBLISHED" || alphabet("-_$")($0) })
}
