import AWSWire
import Events
import Foundation
import Testing

/// The rows of a table in `Tests/Vectors`.
func vectors(_ name: String) throws -> [JSON] {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  let data = try Data(contentsOf: folder.appending(path: "Vectors/\(name).json"))
  return try #require(try JSON(parsing: Array(data)).elements)
}

/// A row as tests show it when they fail.
struct Row: Sendable, CustomTestStringConvertible {
  let json: JSON

  var testDescription: String {
    [json["source"]?.string, json["operation"]?.string ?? json["name"]?.string].compactMap { $0 }.joined(separator: " ")
  }

  static func load(_ name: String) throws -> [Row] { try vectors(name).map { Row(json: $0) } }

  func text(_ name: String) throws -> String { try #require(json[name]?.string) }
}

extension WireRequest {
  /// A recorded request.
  init(_ row: Row) throws {
    var headers: [String: String] = [:]
    for header in try #require(row.json["headers"]?.members) { headers[header.key] = header.value.string }
    let body = try row.json["bodyBase64"]?.string.map { try #require([UInt8](base64: $0)) }
    self.init(
      method: try row.text("method"), path: try row.text("path"), query: try row.text("query"), headers: headers,
      host: "localhost:4566", body: try body ?? Array(row.text("body").utf8))
  }

  /// A call of EventBridge.
  static func events(_ action: String, _ body: JSON) -> WireRequest {
    WireRequest(method: "POST", path: "/", headers: ["x-amz-target": "AWSEvents.\(action)"], body: body.bytes)
  }

  /// A call of SQS in the JSON protocol.
  static func sqs(_ action: String, _ body: JSON) -> WireRequest {
    let headers = ["x-amz-target": "AmazonSQS.\(action)", "content-type": "application/x-amz-json-1.0"]
    return WireRequest(method: "POST", path: "/", headers: headers, body: body.bytes)
  }

  /// A call of EventBridge Scheduler, which its signature names.
  static func scheduler(_ method: String, _ path: String, query: String = "", _ body: JSON? = nil) -> WireRequest {
    let scope = "AKIDEXAMPLE/20250909/us-east-1/scheduler/aws4_request"
    return WireRequest(
      method: method, path: path, query: query,
      headers: ["authorization": "AWS4-HMAC-SHA256 Credential=\(scope), SignedHeaders=host, Signature=0"],
      body: body?.bytes ?? [])
  }

  /// A form posted to a path.
  static func form(_ text: String, path: String = "/") -> WireRequest {
    WireRequest(
      method: "POST", path: path, headers: ["content-type": "application/x-www-form-urlencoded; charset=utf-8"],
      host: "localhost:4566", body: Array(text.utf8))
  }

  /// What the request asks for.
  func decoded() throws -> WireOperation { try Route(self).decode(self) }

  /// Why the request is refused.
  func refusal() throws -> WireError {
    try #require(throws: WireError.self) { _ = try Route(self).decode(self) }
  }
}

extension WireResponse {
  var text: String { String(decoding: body, as: UTF8.self) }
}
