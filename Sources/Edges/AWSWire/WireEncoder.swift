import Events

/// Writes answers and errors in the protocol that the request came in.
public enum WireEncoder {
  /// Writes an answer.
  ///
  /// - Parameters:
  ///   - answer: of the service of the route.
  ///   - requestID: what the client can quote; it is in every answer's headers.
  public static func encode(_ answer: WireAnswer, for route: Route, requestID: String) -> WireResponse {
    switch answer {
    case .events(let answer): return json(answer.json, route, requestID)
    case .sqs(let answer):
      guard route.dialect == .query else { return json(answer.json, route, requestID) }
      guard let json = answer.json else { return query(nil, route, requestID) }
      return query(json.sqsElements(of: route.action ?? ""), route, requestID)
    case .sts(.getCallerIdentity(let userID, let account, let arn)):
      let result = [XML("Arn", arn), XML("UserId", userID), XML("Account", account)]
      return query(result, route, requestID)
    case .tree(let tree): return encode(tree, route, requestID)
    case .lambda(let answer):
      let body = answer.json?.bytes ?? []
      let type = body.isEmpty ? [] : [WireResponse.Header("Content-Type", "application/json")]
      return WireResponse(
        status: answer.status, headers: type + [.init("x-amzn-RequestId", requestID)] + answer.headers, body: body)
    case .s3(let answer):
      let response = answer.response
      return WireResponse(
        status: response.status, headers: s3Headers(requestID) + response.headers,
        body: route.isHead ? [] : response.body)
    }
  }

  private static func encode(_ tree: WireTree?, _ route: Route, _ requestID: String) -> WireResponse {
    switch route.dialect {
    case .query: return query(tree?.elements, route, requestID)
    case .cbor:
      var body: [UInt8] = []
      CBOR.write(tree ?? .structure([]), into: &body)
      let headers: [WireResponse.Header] = [
        .init("Content-Type", contentType(.cbor)), .init("smithy-protocol", "rpc-v2-cbor"),
        .init("x-amzn-RequestId", requestID),
      ]
      return WireResponse(status: 200, headers: headers, body: body)
    case .json10, .json11, .queryCompatibleJSON, .restJSON, .restXML:
      return json(tree?.json ?? .object([]), route, requestID)
    }
  }

  /// Writes an error.
  public static func encode(_ error: WireError, for route: Route, requestID: String) -> WireResponse {
    let status = error.code.status(in: route.dialect, of: route.service)
    switch route.dialect {
    case .json11, .json10, .queryCompatibleJSON: return jsonError(error, status, route, requestID)
    case .restJSON: return restJSONError(error, status, route, requestID)
    case .query: return queryError(error, status, route, requestID)
    case .restXML: return s3Error(error, status, route, requestID)
    case .cbor: return cborError(error, status, requestID)
    }
  }

  static func namespace(of route: Route) -> String {
    switch route.service {
    case .sqs: "http://queue.amazonaws.com/doc/2012-11-05/"
    case .sts: "https://sts.amazonaws.com/doc/2011-06-15/"
    case .s3: S3Answer.namespace
    case .cloudWatch: "http://monitoring.amazonaws.com/doc/2010-08-01/"
    case .iam: "https://iam.amazonaws.com/doc/2010-05-08/"
    case .events, .lambda, .logs, .scheduler, .other:
      "https://\(route.service.name).amazonaws.com/doc/\(route.version ?? "")/"
    }
  }

  static func s3Headers(_ requestID: String) -> [WireResponse.Header] {
    [.init("x-amz-request-id", requestID), .init("x-amz-id-2", requestID)]
  }

  static func contentType(_ dialect: Route.Dialect) -> String {
    switch dialect {
    case .json11: "application/x-amz-json-1.1"
    case .json10, .queryCompatibleJSON: "application/x-amz-json-1.0"
    case .restJSON: "application/json"
    case .query: "text/xml"
    case .restXML: "application/xml"
    case .cbor: "application/cbor"
    }
  }

  private static func json(_ json: JSON?, _ route: Route, _ requestID: String) -> WireResponse {
    let headers: [WireResponse.Header] = [
      .init("Content-Type", contentType(route.dialect)), .init("x-amzn-RequestId", requestID),
    ]
    return WireResponse(status: 200, headers: headers, body: json?.bytes ?? [])
  }

  private static func query(_ result: [XML]?, _ route: Route, _ requestID: String) -> WireResponse {
    let action = route.action ?? ""
    let metadata = XML("ResponseMetadata", [XML("RequestId", requestID)])
    let elements = (result.map { [XML("\(action)Result", $0)] } ?? []) + [metadata]
    return WireResponse(
      status: 200, headers: [.init("Content-Type", "text/xml"), .init("x-amzn-RequestId", requestID)],
      body: XML("\(action)Response", elements).document(namespace: namespace(of: route)))
  }
}

extension JSON {
  /// An SQS answer of the JSON protocol as elements of the query protocol.
  ///
  /// Source: botocore 1.31.60, `sqs/2012-11-05`: lists and maps are flattened under the names of their members.
  fileprivate func sqsElements(of action: String) -> [XML] {
    (members ?? []).flatMap { member -> [XML] in
      switch member.key {
      case "QueueUrls": return member.value.list("QueueUrl", action)
      case "Messages": return member.value.list("Message", action)
      case "Successful": return member.value.list("\(action)ResultEntry", action)
      case "Failed": return member.value.list("BatchResultErrorEntry", action)
      case "Attributes": return member.value.map("Attribute", action)
      case "MessageAttributes": return member.value.map("MessageAttribute", action)
      default: return [member.value.element(member.key, action)]
      }
    }
  }

  private func list(_ name: String, _ action: String) -> [XML] {
    (elements ?? []).map { $0.element(name, action) }
  }

  private func map(_ name: String, _ action: String) -> [XML] {
    (members ?? []).map { XML(name, [XML("Name", $0.key), $0.value.element("Value", action)]) }
  }

  private func element(_ name: String, _ action: String) -> XML {
    switch self {
    case .string(let text): XML(name, text)
    case .bool, .number, .null: XML(name, text)
    case .object, .array: XML(name, sqsElements(of: action))
    }
  }
}
