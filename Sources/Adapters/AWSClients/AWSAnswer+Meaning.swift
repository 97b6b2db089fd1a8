import AWSPorts
import Events

extension AWSAnswer {
  /// Neither an error nor a redirect.
  var isSuccess: Bool { (200...299).contains(status) }

  /// The error that this answer is.
  ///
  /// Source: AWS JSON 1.0 and 1.1 protocols, "Operation error serialization"; Amazon S3, "REST error responses".
  var error: AWSError {
    var body = JSON.null
    var code: String?
    var message: String?
    if let first = self.body.first(where: { $0 > 0x20 }) {
      if first == UInt8(ascii: "<") {
        code = element("Code")
        message = element("Message")
      } else {
        do { body = try JSON(parsing: self.body) } catch { message = "a body that is no JSON" }
        code = (body["__type"] ?? body["code"])?.string
        message = message ?? (body["message"] ?? body["Message"])?.string
      }
    }
    let named = AWSAnswer.bare(code ?? headers["x-amzn-errortype"] ?? headers["x-amzn-query-error"] ?? "")
    return AWSError(
      code: named.isEmpty ? AWSAnswer.code(of: status) : named, message: message ?? "status \(status)", status: status,
      body: body, isDoubtful: status >= 500)
  }

  /// How long the service wants to be left alone.
  var pause: Span? {
    if let milliseconds = headers["x-amz-retry-after"].flatMap({ Int64($0) }) {
      return Span(milliseconds: min(max(milliseconds, 0), AWSAnswer.pauseMax.milliseconds))
    }
    guard let text = headers["retry-after"] else { return nil }
    if let seconds = Int(text) { return min(max(.seconds(min(seconds, 86_400)), .zero), AWSAnswer.pauseMax) }
    guard let until = Timestamp(httpDate: text), let serverTime else { return nil }
    return max(.zero, until - serverTime)
  }

  /// By the service's clock.
  var serverTime: Timestamp? { headers["date"].flatMap { Timestamp(httpDate: $0) } }

  private static let pauseMax = Span.days(1)

  /// `com.amazonaws.dynamodb.v20120810#Code`, `Code:http://…` or `AWS.SimpleQueueService.Code;Sender` without what
  /// stands around the code. The dots of the query form are part of it.
  private static func bare(_ text: String) -> String {
    String(text.prefix { $0 != ":" && $0 != ";" }.split(separator: "#").last ?? "")
  }

  /// What stands for a code where HEAD has no body to say it.
  private static func code(of status: Int) -> String {
    switch status {
    case 301: "PermanentRedirect"
    case 400: "BadRequest"
    case 403: "Forbidden"
    case 404: "NotFound"
    case 409: "Conflict"
    case 412: "PreconditionFailed"
    case 500: "InternalError"
    case 503: "ServiceUnavailable"
    default: "Status\(status)"
    }
  }

  /// The text of an XML element that has no others inside; S3's error documents need no more.
  private func element(_ name: String) -> String? {
    let text = String(decoding: body, as: UTF8.self)
    guard let start = text.firstRange(of: "<\(name)>"), let end = text[start.upperBound...].firstRange(of: "</\(name)>")
    else { return nil }
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
    return entities.reduce(String(text[start.upperBound..<end.lowerBound])) { $0.replacing($1.0, with: $1.1) }
  }
}

extension AWSError {
  /// No answer came.
  init(_ failure: TransportError) {
    switch failure.code {
    case .notConnected, .badURL:
      self.init(code: AWSError.noAnswer, message: failure.reason, status: 0, isDoubtful: false)
    case .broken, .timeout, .cancelled, .bodyTooLarge:
      self.init(code: AWSError.noAnswer, message: failure.reason, status: 0, isDoubtful: true)
    }
  }

  /// The same, after an earlier attempt that the service may have carried out.
  func doubted() -> AWSError {
    AWSError(code: code, message: message, status: status, body: body, isDoubtful: true)
  }
}
