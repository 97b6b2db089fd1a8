import Events

/// A message to send.
public struct MessageInput: Sendable, Hashable {
  /// Not empty.
  public let body: String
  /// nil for the queue's own.
  public let delaySeconds: Int?
  public let attributes: [String: MessageAttribute]
  /// Only `AWSTraceHeader`.
  public let systemAttributes: [String: MessageAttribute]
  public let deduplicationId: String?
  public let groupId: String?

  /// Bytes as SQS counts them: the body, and names, types and values of the attributes.
  public var bytes: Int {
    attributes.reduce(body.utf8.count) { $0 + $1.key.utf8.count + $1.value.bytes }
  }

  init(_ members: Members) throws(WireError) {
    body = try members.required("MessageBody")
    delaySeconds = try members.bounded("DelaySeconds", WireLimits.delaySeconds)
    attributes = try MessageAttribute.attributes(members, "MessageAttributes")
    systemAttributes = try MessageAttribute.attributes(members, "MessageSystemAttributes")
    deduplicationId = try members.text("MessageDeduplicationId")
    groupId = try members.text("MessageGroupId")
    guard body.unicodeScalars.allSatisfy(MessageInput.isAllowed) else {
      throw WireError(
        .invalidMessageContents,
        "Invalid binary character was found in the message body, the set of allowed "
          + "characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF")
    }
    guard bytes <= WireLimits.messageBytesMax else {
      let reason = "Message must be shorter than \(WireLimits.messageBytesMax) bytes."
      throw WireError(.invalidParameterValue, "One or more parameters are invalid. Reason: \(reason)")
    }
  }

  /// Source: the documentation of SendMessage: the characters of XML 1.0.
  private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
    default: false
    }
  }
}

/// A typed value that travels beside a message's body.
public struct MessageAttribute: Sendable, Hashable {
  /// The transport type: `Number` travels as a text.
  public enum Value: Sendable, Hashable {
    case text(String)
    case binary([UInt8])
  }

  /// `String`, `Number` or `Binary`, with a custom label after a dot.
  public let dataType: String
  public let value: Value

  public init(dataType: String, value: Value) {
    self.dataType = dataType
    self.value = value
  }

  /// A plain text.
  public init(_ text: String) {
    self.init(dataType: "String", value: .text(text))
  }

  var bytes: Int {
    switch value {
    case .text(let text): dataType.utf8.count + text.utf8.count
    case .binary(let bytes): dataType.utf8.count + bytes.count
    }
  }

  static func attributes(_ members: Members, _ name: String) throws(WireError) -> [String: MessageAttribute] {
    guard let map = try members.structure(name) else { return [:] }
    var attributes: [String: MessageAttribute] = [:]
    for member in map.json.members ?? [] {
      guard let fields = try map.structure(member.key) else { continue }
      attributes[member.key] = try MessageAttribute(named: member.key, fields)
    }
    guard attributes.count <= WireLimits.messageAttributesMax else {
      let max = WireLimits.messageAttributesMax
      throw invalid("Number of message attributes [\(attributes.count)] exceeds the allowed maximum [\(max)].")
    }
    return attributes
  }

  private init(named name: String, _ fields: Members) throws(WireError) {
    guard name.utf8.count <= 256, TextShape.alphabet("-_.")(name), !name.hasPrefix("."), !name.hasSuffix(".") else {
      throw MessageAttribute.invalid("The message attribute name '\(printable(name))' is invalid.")
    }
    guard let type = try fields.text("DataType"), !type.isEmpty else {
      throw MessageAttribute.invalid("The message attribute '\(name)' must contain non-empty message attribute type.")
    }
    dataType = type
    switch type.split(separator: ".", maxSplits: 1).first {
    case "String", "Number":
      guard let text = try fields.text("StringValue"), !text.isEmpty else { throw MessageAttribute.empty(name, type) }
      value = .text(text)
    case "Binary":
      guard let text = try fields.text("BinaryValue"), !text.isEmpty else { throw MessageAttribute.empty(name, type) }
      guard let bytes = [UInt8](base64: text) else {
        throw WireError(.serialization, "The value of the message attribute '\(name)' is not base64.")
      }
      value = .binary(bytes)
    default:
      throw MessageAttribute.invalid(
        "The message attribute '\(name)' has an invalid message attribute type, the set of supported type "
          + "prefixes is Binary, Number, and String.")
    }
  }

  private static func invalid(_ message: String) -> WireError { WireError(.invalidParameterValue, message) }

  private static func empty(_ name: String, _ type: String) -> WireError {
    invalid("The message attribute '\(name)' must contain a non-empty value of type '\(printable(type))'.")
  }

  /// The attribute in SQS's JSON.
  var json: JSON {
    switch value {
    case .text(let text): ["StringValue": .string(text), "DataType": .string(dataType)]
    case .binary(let bytes): ["BinaryValue": .string(bytes.base64), "DataType": .string(dataType)]
    }
  }
}

extension [String: MessageAttribute] {
  /// The bytes whose MD5 is `MD5OfMessageAttributes`.
  ///
  /// Source: AWS, "Amazon SQS message metadata", calculating the MD5 message digest: by name, each part with its length.
  public var digestBytes: [UInt8] {
    var out: [UInt8] = []
    func append(_ bytes: some Collection<UInt8>) {
      let count = UInt32(clamping: bytes.count)
      out += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) }
      out += bytes
    }
    for (name, attribute) in sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      append(name.utf8)
      append(attribute.dataType.utf8)
      switch attribute.value {
      case .text(let text):
        out.append(1)
        append(text.utf8)
      case .binary(let bytes):
        out.append(2)
        append(bytes)
      }
    }
    return out
  }
}
