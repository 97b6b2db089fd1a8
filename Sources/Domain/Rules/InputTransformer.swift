import Events

/// A template filled with values of an event: what EventBridge calls `InputTransformer`.
///
/// The template is a JSON value, or JSON strings on lines of their own. A placeholder outside quotes becomes its value
/// as JSON, so a string brings its own quotes; inside quotes it becomes bare text, escaped, so the result is always JSON.
/// A path without a value becomes the empty string. White space between the tokens is dropped.
/// Source: EventBridge user guide, "Amazon EventBridge input transformation"; API reference, `InputTransformer`.
public struct InputTransformer: Sendable, Hashable {
  /// A name for a place in the event.
  public struct Variable: Sendable, Hashable {
    public let name: String
    public let path: EventPath
  }

  private enum Piece: Sendable, Hashable {
    case literal([UInt8])
    case bare(Value)
    case quoted(Value)
  }

  /// What a placeholder stands for.
  private enum Value: Sendable, Hashable {
    case path(EventPath)
    case reserved(ReservedVariable)
  }

  /// Characters of the template, from the service model.
  public static let templateLengthMax = 8_192
  public static let pathsMax = 100
  /// Characters of a variable's name, from the service model.
  public static let nameLengthMax = 256

  public let paths: [Variable]
  public let template: String
  private let pieces: [Piece]

  /// Checks names, paths and template as `PutTargets` does; of a repeated name the last path counts.
  public init(paths: [(name: String, path: String)], template: String) throws(InputError) {
    guard paths.count <= InputTransformer.pathsMax else { throw InputError.tooManyPaths(paths.count) }
    let length = template.unicodeScalars.count
    guard (1...InputTransformer.templateLengthMax).contains(length) else { throw InputError.templateLength(length) }
    var variables: [Variable] = []
    for (name, path) in paths {
      guard InputTransformer.isName(name) else { throw InputError.invalidName(name) }
      variables.append(Variable(name: name, path: try EventPath(path)))
    }
    self.paths = variables
    self.template = template
    pieces = try InputTransformer.compile(template, variables)
  }

  /// The filled template.
  ///
  /// - Parameter ingestionTime: when the bus took the event; given out to the second.
  public func body(for event: Event, rule: RuleNames, ingestionTime: Timestamp) -> String {
    let envelope = event.json
    var out: [UInt8] = []
    for piece in pieces {
      switch piece {
      case .literal(let bytes): out += bytes
      case .bare(let value):
        (resolve(value, event, envelope, rule, ingestionTime) ?? "").write(into: &out)
      case .quoted(let value):
        if let found = resolve(value, event, envelope, rule, ingestionTime) {
          var quoted: [UInt8] = []
          JSON.write(found.string ?? found.text, into: &quoted)
          out += quoted.dropFirst().dropLast()
        }
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  private func resolve(
    _ value: Value, _ event: Event, _ envelope: JSON, _ rule: RuleNames, _ ingestionTime: Timestamp
  ) -> JSON? {
    switch value {
    case .path(let path): path.value(in: envelope)
    case .reserved(let variable): variable.value(event, rule, ingestionTime)
    }
  }

  private static func compile(_ template: String, _ variables: [Variable]) throws(InputError) -> [Piece] {
    var scanner = TemplateScanner(template)
    let tokens = scanner.tokens()
    let isObject = scanner.first == UInt8(ascii: "{")
    var values: [String: Value] = [:]
    for variable in variables { values[variable.name] = .path(variable.path) }
    var pieces: [Piece] = []
    var shown: [UInt8] = []
    for token in tokens {
      switch token {
      case .text(let written, let minified):
        shown += written
        pieces.append(.literal(minified))
      case .placeholder(let name, let isQuoted, let isInKey):
        let reserved = ReservedVariable(rawValue: name)
        guard let value = reserved.map({ .reserved($0) }) ?? values[name] else {
          throw InputError.invalidPlaceholder(name)
        }
        if reserved == .document, !isObject { throw InputError.documentPlaceholder(name) }
        if isInKey { throw InputError.placeholderInKey(name) }
        shown += "null".utf8
        pieces.append(isQuoted ? .quoted(value) : .bare(value))
      }
    }
    try check(shown)
    return pieces
  }

  /// Refuses what is neither one JSON value nor JSON strings one after the other.
  private static func check(_ shown: [UInt8]) throws(InputError) {
    do {
      var reader = JSONReader(shown)
      var value = try reader.value()
      while value.string != nil, reader.peek() == UInt8(ascii: "\"") {
        value = try reader.value()
      }
      try reader.expectEnd()
    } catch {
      throw InputError.invalidTemplate(
        shown: String(decoding: shown, as: UTF8.self), line: error.line, column: error.column)
    }
  }

  private static func isName(_ text: String) -> Bool {
    (1...nameLengthMax).contains(text.utf8.count)
      && text.utf8.allSatisfy { TemplateScanner.isNameByte($0) && $0 != UInt8(ascii: ".") }
  }
}

/// The variables that EventBridge defines itself.
///
/// Source: EventBridge user guide, "Predefined variables".
enum ReservedVariable: String, Sendable, Hashable, CaseIterable {
  case ruleARN = "aws.events.rule-arn"
  case ruleName = "aws.events.rule-name"
  case ingestionTime = "aws.events.event.ingestion-time"
  /// The event without its detail; the members and their order are those recorded from AWS on 2024-06-11.
  case head = "aws.events.event"
  case document = "aws.events.event.json"

  func value(_ event: Event, _ rule: RuleNames, _ ingestionTime: Timestamp) -> JSON {
    switch self {
    case .ruleARN: .string(rule.arn.description)
    case .ruleName: .string(rule.name)
    case .ingestionTime: .string(ingestionTime.description)
    case .head:
      [
        "id": .string(event.id), "account": .string(event.account), "detailType": .string(event.detailType),
        "time": .string(event.time.description), "source": .string(event.source), "region": .string(event.region),
        "resources": JSON(event.resources), "version": "0",
      ]
    case .document: event.json
    }
  }
}
