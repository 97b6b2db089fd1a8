import Engine
import Events
import Patterns

/// What came of holding an event against a pattern.
enum PatternTrial: Sendable, Hashable {
  case match
  /// The leaves that failed, in the alternative that failed least.
  case nomatch([LeafFailure])
  case invalid(message: String)

  /// - Parameters:
  ///   - pattern: JSON text.
  ///   - event: JSON text of an object.
  init(pattern: String, event: String) {
    do throws(PatternError) {
      self.init(try EventPattern(pattern), event: event)
    } catch {
      self = .invalid(message: error.message)
    }
  }

  init(_ pattern: EventPattern, event: String) {
    let json: JSON
    do {
      json = try JSON(parsing: event)
    } catch {
      self = .invalid(message: "Event is not valid. Reason: \(error.message)")
      return
    }
    guard json.members != nil else {
      self = .invalid(message: "Event is not valid. Reason: an event is an object, and this is: \(json.kind)")
      return
    }
    self = pattern.matches(json) ? .match : .nomatch(pattern.explain(json).failures)
  }

  /// `match`, `nomatch` or `invalid`.
  var verdict: String {
    switch self {
    case .match: "match"
    case .nomatch: "nomatch"
    case .invalid: "invalid"
    }
  }

  /// Why not; empty for a match.
  var message: String {
    switch self {
    case .match: ""
    case .nomatch(let failures): failures.map(\.sentence).joined(separator: "; ")
    case .invalid(let message): message
    }
  }

  /// The verdict, with the failing leaves in a table of their own.
  var report: Report {
    let document: JSON = ["verdict": .string(verdict), "message": .string(message), "failures": .array(failures)]
    let leaves = LeafView.table(failures)
    return Report(leaves.isEmpty ? verdict : "\(verdict)\n\(leaves)", document: document)
  }

  private var failures: [JSON] {
    switch self {
    case .match, .invalid: []
    case .nomatch(let failures): failures.map(\.json)
    }
  }
}
