import Events

/// Why a document is no policy, or a request cannot be judged.
public struct PolicyError: Error, Sendable, Hashable {
  /// Raw values are IAM's own codes, so they are never renamed.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    case malformed = "MalformedPolicyDocument"
    case tooLong = "LimitExceeded"
  }

  public let code: Code
  /// For people; programs read `code`.
  public let message: String

  public init(_ message: String, code: Code = .malformed) {
    self.code = code
    self.message = message
  }
}

/// A policy: who may, or may not, do what with which resource, under which conditions.
///
/// Source: IAM user guide, "IAM JSON policy elements reference" and "Grammar of the IAM JSON policy language".
public struct PolicyDocument: Sendable, Hashable {
  /// What a document is attached to decides which elements it must have.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Of a role or user: no principal.
    case identity
    /// Of a function, queue or bus: a principal in each statement.
    case resource
    /// Who may assume a role: a principal and no resource.
    case trust

    /// Characters that a document may have, white space not counted.
    public var sizeMax: Int {
      switch self {
      case .identity: 10_240
      case .resource: 20_480
      case .trust: 4_096
      }
    }
  }

  public static let statementsMax = 200

  public let text: String
  public let statements: [PolicyStatement]
  /// Variables like `${aws:username}` mean something only in the later version.
  public let hasVariables: Bool

  /// Reads a document and refuses what IAM refuses.
  public init(_ text: String, as kind: Kind) throws(PolicyError) {
    guard PolicyDocument.size(of: text) <= kind.sizeMax else {
      throw PolicyError("The document is larger than \(kind.sizeMax) characters", code: .tooLong)
    }
    let json: JSON
    do {
      json = try JSON(parsing: text)
    } catch {
      throw PolicyError("Syntax errors in policy: \(error.message)")
    }
    guard let members = json.members else { throw PolicyError("The policy is no JSON object") }
    for member in members where !["Version", "Id", "Statement"].contains(member.key) {
      throw PolicyError("Unknown element \(member.key)")
    }
    let version = json["Version"]?.string ?? "2008-10-17"
    guard ["2012-10-17", "2008-10-17"].contains(version) else {
      throw PolicyError("Version must be 2012-10-17 or 2008-10-17, not \(version)")
    }
    guard let statement = json["Statement"] else { throw PolicyError("The policy has no Statement") }
    let parts = statement.elements ?? [statement]
    guard !parts.isEmpty, parts.count <= PolicyDocument.statementsMax else {
      throw PolicyError("Statement must have 1 to \(PolicyDocument.statementsMax) members")
    }
    let places = StatementPlaces(in: text).spans
    var read: [PolicyStatement] = []
    for (index, part) in parts.enumerated() {
      read.append(
        try PolicyStatement(part, index: index, kind, span: index < places.count ? places[index] : .whole(text)))
    }
    let ids = read.compactMap(\.sid)
    guard Set(ids).count == ids.count else {
      throw PolicyError("Statement IDs (SID) in a single policy must be unique")
    }
    self.text = text
    statements = read
    hasVariables = version == "2012-10-17"
  }

  /// Characters without white space, as quotas count them.
  public static func size(of text: String) -> Int {
    text.unicodeScalars.count { !$0.properties.isWhitespace }
  }

  /// The context keys that conditions and variables name, in the order of their names.
  public var contextKeys: [String] {
    var keys: Set<String> = []
    for statement in statements {
      keys.formUnion(statement.conditions.map(\.key))
      guard hasVariables else { continue }
      let texts = statement.resources.patterns + statement.conditions.flatMap(\.values)
      for text in texts { keys.formUnion(PolicyVariables.keys(in: text)) }
    }
    return keys.sorted()
  }
}

/// Where a statement stands in its document, in lines and columns from 1.
public struct SourceSpan: Sendable, Hashable {
  public struct Place: Sendable, Hashable {
    public let line: Int
    public let column: Int

    public init(line: Int, column: Int) {
      self.line = line
      self.column = column
    }
  }

  public let start: Place
  public let end: Place

  public init(start: Place, end: Place) {
    self.start = start
    self.end = end
  }

  static func whole(_ text: String) -> SourceSpan {
    var line = 1
    var column = 1
    for scalar in text.unicodeScalars {
      if scalar == "\n" { (line, column) = (line + 1, 1) } else { column += 1 }
    }
    return SourceSpan(start: Place(line: 1, column: 1), end: Place(line: line, column: column))
  }
}

/// Finds the objects of `Statement` in a text that is known to be JSON.
struct StatementPlaces {
  private(set) var spans: [SourceSpan] = []

  init(in text: String) {
    var line = 1
    var column = 1
    var depth = 0
    var isText = false
    var isEscaped = false
    var word = ""
    var key = ""
    var inStatement: Int?
    var start: SourceSpan.Place?
    for scalar in text.unicodeScalars {
      if isText {
        if isEscaped {
          isEscaped = false
        } else if scalar == "\\" {
          isEscaped = true
        } else if scalar == "\"" {
          isText = false
        } else {
          word.unicodeScalars.append(scalar)
        }
      } else {
        switch scalar {
        case "\"": (isText, word) = (true, "")
        case ":": if depth == 1 { key = word }
        case "{", "[":
          if depth == 1, key == "Statement", inStatement == nil { inStatement = scalar == "[" ? 2 : 1 }
          if scalar == "{", depth == inStatement { start = SourceSpan.Place(line: line, column: column) }
          depth += 1
        case "}", "]":
          depth -= 1
          if scalar == "}", depth == inStatement, let begin = start {
            spans.append(SourceSpan(start: begin, end: SourceSpan.Place(line: line, column: column + 1)))
            start = nil
          }
          if depth == 1 { inStatement = nil }
        default: break
        }
      }
      if scalar == "\n" { (line, column) = (line + 1, 1) } else { column += 1 }
    }
  }
}
