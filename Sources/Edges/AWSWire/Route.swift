import Events

/// Which service a request is for and which protocol it speaks; also what is needed to answer it, even with an error.
///
/// Every request has a route: what no service claims is for S3, whose paths may be anything.
public struct Route: Sendable, Hashable {
  /// A service of AWS.
  public enum Service: Sendable, Hashable {
    case events
    case lambda
    case sqs
    case s3
    case sts
    case cloudWatch
    case logs
    case iam
    case scheduler
    /// Not served; the name is its signing name or the prefix of its target.
    case other(String)

    init(signingName: String) {
      switch signingName {
      case "events": self = .events
      case "lambda": self = .lambda
      case "sqs": self = .sqs
      case "s3": self = .s3
      case "sts": self = .sts
      case "monitoring": self = .cloudWatch
      case "logs": self = .logs
      case "iam": self = .iam
      case "scheduler": self = .scheduler
      default: self = .other(signingName)
      }
    }

    /// The signing name.
    public var name: String {
      switch self {
      case .events: "events"
      case .lambda: "lambda"
      case .sqs: "sqs"
      case .s3: "s3"
      case .sts: "sts"
      case .cloudWatch: "monitoring"
      case .logs: "logs"
      case .iam: "iam"
      case .scheduler: "scheduler"
      case .other(let name): name
      }
    }
  }

  /// A protocol in which requests and answers are written.
  public enum Dialect: String, Sendable, Codable, CaseIterable {
    case json11
    case json10
    /// JSON 1.0 of a service that once spoke the query protocol: errors carry their old code as well.
    case queryCompatibleJSON
    case query
    case restJSON
    case restXML
    case cbor
  }

  public let service: Service
  public let dialect: Dialect
  /// The operation as the request names it; nil where method and path name it.
  public let action: String?
  /// nil if the request is unsigned.
  public let scope: CredentialScope?
  /// Answers to HEAD have no body.
  public let isHead: Bool
  /// The API version that a query names.
  let version: String?

  /// Finds the route: target, then CBOR, then `Action=`, then Lambda's dated paths, then S3.
  public init(_ request: WireRequest) {
    let query = Form(parsing: request.query) ?? Form(fields: [])
    let scope = CredentialScope(of: request, query: query)
    self.scope = scope
    isHead = request.method == "HEAD"
    // A target counts only where AWS's JSON protocols send it: an object may be read with any headers.
    if request.method == "POST", let target = request.headers["x-amz-target"] {
      (service, dialect, action) = Route.targeted(target, headers: request.headers)
      version = nil
    } else if scope?.service != "s3", let (name, operation) = Route.cborPath(request) {
      service = name == Route.cloudWatchModel ? .cloudWatch : .other(name)
      (dialect, action, version) = (.cbor, operation, nil)
    } else if scope?.service != "s3", let form = Route.form(of: request, query: query), let action = form["Action"] {
      let version = form["Version"] ?? ""
      (dialect, self.action, self.version) = (.query, action, version)
      service = scope.map { Service(signingName: $0.service) } ?? Route.serviceOfVersion(version)
    } else if Route.isDated(request.path), scope == nil || scope?.service == "lambda" {
      (service, dialect, action, version) = (.lambda, .restJSON, nil, nil)
    } else if request.headers["content-type"]?.hasPrefix("application/x-amz-json-") == true, scope?.service != "s3" {
      (service, dialect, action, version) = (.other(scope?.service ?? "unknown"), .json11, nil, nil)
    } else if let name = scope?.service, name != "s3" {
      (service, dialect, action, version) = (Service(signingName: name), .restJSON, nil, nil)
    } else {
      (service, dialect, action, version) = (.s3, .restXML, nil, nil)
    }
  }

  /// Reads the request as the operation it asks for.
  ///
  /// - Throws: what the client must be told: an unknown operation, a body that is malformed, a member that is missing.
  public func decode(_ request: WireRequest) throws(WireError) -> WireOperation {
    switch (service, dialect) {
    case (.events, .json11):
      if let operation = BusOperation(rawValue: action ?? "") {
        return .buses(operation, WireInput(try members(of: request)))
      }
      return .events(try EventsOperation(action ?? "", body: request.body))
    case (.sqs, .queryCompatibleJSON):
      if let operation = MoveOperation(rawValue: action ?? "") {
        return .moves(operation, WireInput(try members(of: request)))
      }
      return .sqs(try SQSOperation(action ?? "", json: request.body))
    case (.sqs, .query):
      return .sqs(try SQSOperation(action ?? "", form: try Route.requiredForm(of: request), path: request))
    case (.sts, .query):
      guard action == "GetCallerIdentity" else { throw unknownOperation(request) }
      return .sts(.getCallerIdentity)
    case (.lambda, .restJSON):
      if let operation = try PermissionOperation(request) { return .permission(operation) }
      return .lambda(try LambdaOperation(request))
    case (.scheduler, .restJSON):
      guard let operation = try SchedulerOperation(request) else { throw unknownOperation(request) }
      return .scheduler(operation)
    case (.s3, .restXML):
      return .s3(try S3Operation(request))
    case (.cloudWatch, .cbor), (.cloudWatch, .json10), (.cloudWatch, .query), (.cloudWatch, .queryCompatibleJSON):
      return .cloudWatch(try operation(request), WireInput(try members(of: request)))
    case (.logs, .json11):
      return .logs(try operation(request), WireInput(try members(of: request)))
    case (.iam, .query):
      return .iam(try operation(request), WireInput(try members(of: request)))
    case (.events, _), (.sqs, _), (.sts, _), (.lambda, _), (.s3, _), (.cloudWatch, _), (.logs, _), (.iam, _),
      (.scheduler, _), (.other, _):
      throw unknownOperation(request)
    }
  }

  private func operation<Operation: RawRepresentable<String>>(_ request: WireRequest) throws(WireError) -> Operation {
    guard let operation = Operation(rawValue: action ?? "") else { throw unknownOperation(request) }
    return operation
  }

  /// The body in the route's protocol, read as one structure.
  private func members(of request: WireRequest) throws(WireError) -> Members {
    switch dialect {
    case .cbor:
      let json = request.body.isEmpty ? .object([]) : try CBOR.read(request.body)
      guard json.members != nil else { throw WireError(.serialization, "The request body is no CBOR map.") }
      return Members(json)
    case .query: return Members(try Route.requiredForm(of: request).nested, isTextual: true)
    case .json10, .json11, .queryCompatibleJSON, .restJSON, .restXML: return try Members(body: request.body)
    }
  }

  /// CloudWatch's name in the path of its CBOR requests and in JSON targets.
  private static let cloudWatchModel = "GraniteServiceVersion20100801"

  private func unknownOperation(_ request: WireRequest) -> WireError {
    let name = action.map(printable) ?? printable("\(request.method) \(request.path)")
    let code: WireError.Code = dialect == .query ? .invalidAction : .unknownOperation
    guard case .other(let service) = service else {
      return WireError(code, "The action \(name) is not served for \(service.name).")
    }
    return WireError(code, "The action \(name) is not served: there is no service \(printable(service)) here.")
  }

  private static func targeted(_ target: String, headers: [String: String]) -> (Service, Dialect, String) {
    let mark = target.lastIndex(of: ".")
    let prefix = String(mark.map { target[..<$0] } ?? "")
    let action = String(mark.map { target[target.index(after: $0)...] } ?? target[...])
    switch prefix {
    case "AWSEvents": return (.events, .json11, action)
    case "AmazonSQS": return (.sqs, .queryCompatibleJSON, action)
    case "Logs_20140328": return (.logs, .json11, action)
    case cloudWatchModel:
      return (.cloudWatch, headers["x-amzn-query-mode"] == nil ? .json10 : .queryCompatibleJSON, action)
    default:
      if headers["x-amzn-query-mode"] != nil { return (.other(prefix), .queryCompatibleJSON, action) }
      let isOld = headers["content-type"]?.hasPrefix("application/x-amz-json-1.0") == true
      return (.other(prefix), isOld ? .json10 : .json11, action)
    }
  }

  private static func cborPath(_ request: WireRequest) -> (String, String)? {
    let parts = request.path.split(separator: "/").map(String.init)
    if parts.count == 4, parts[0] == "service", parts[2] == "operation" { return (parts[1], parts[3]) }
    return request.headers["smithy-protocol"] == "rpc-v2-cbor" ? ("unknown", request.path) : nil
  }

  /// The form in the body, or the query itself if it names an action.
  private static func form(of request: WireRequest, query: Form) -> Form? {
    if query["Action"] != nil { return query }
    guard request.headers["content-type"]?.hasPrefix("application/x-www-form-urlencoded") == true,
      let text = String(validating: request.body, as: UTF8.self)
    else { return nil }
    return Form(parsing: text)
  }

  private static func requiredForm(of request: WireRequest) throws(WireError) -> Form {
    guard let query = Form(parsing: request.query), let form = form(of: request, query: query) else {
      throw WireError(.malformedQueryString, "The form is malformed.")
    }
    return form
  }

  private static func serviceOfVersion(_ version: String) -> Service {
    switch version {
    case "2011-06-15": .sts
    case "2012-11-05": .sqs
    case "2010-08-01": .cloudWatch
    case "2010-05-08": .iam
    default: .other("of version \(version)")
    }
  }

  /// Whether a path starts with a date, as all of Lambda's do.
  private static func isDated(_ path: String) -> Bool {
    let bytes = Array(path.utf8.prefix(12))
    guard bytes.count == 12, bytes[0] == UInt8(ascii: "/"), bytes[11] == UInt8(ascii: "/") else { return false }
    return bytes[1...10].enumerated().allSatisfy { place, byte in
      place == 4 || place == 7 ? byte == UInt8(ascii: "-") : (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
  }
}

/// A text from the net as it may stand in a message: at most 100 printable ASCII characters.
func printable(_ text: String) -> String {
  String(text.unicodeScalars.prefix(100).map { (0x20..<0x7F).contains($0.value) ? Character($0) : "?" })
}
