/// Why a target's input is refused, or could not be made from an event.
///
/// Source: answers of EventBridge's `PutTargets`, recorded 2024–2026, and the bounds of its service model.
public enum InputError: Error, Sendable, Hashable {
  /// A path that does not start at `$`, or uses syntax that EventBridge does not take.
  case invalidPath(String)
  /// A template that is no JSON once its placeholders are filled; `shown` is the template with `null` in their places.
  case invalidTemplate(shown: String, line: Int, column: Int)
  /// A placeholder that no path defines and that is not reserved.
  case invalidPlaceholder(String)
  /// A placeholder that stands for a JSON document, in a template that is no JSON object.
  case documentPlaceholder(String)
  /// A placeholder in the key of an object.
  case placeholderInKey(String)
  /// A variable whose name is reserved, too long or of other characters than letters, digits, `_` and `-`.
  case invalidName(String)
  case tooManyPaths(Int)
  /// A template without a character, or with more than it may have.
  case templateLength(Int)
  /// A constant input that is no JSON.
  case invalidConstant
  /// More than one of the three ways to shape an input.
  case severalInputs
  /// The event has nothing at the target's `InputPath`.
  case nothingAtPath(String)

  /// The sentence that EventBridge answers for that target.
  public func message(target: String) -> String {
    switch self {
    case .invalidPath:
      "InputPath for target \(target) is invalid."
    case .invalidTemplate(let shown, let line, let column):
      "Invalid InputTemplate for target \(target) : [Source: (String)\"\(shown)\"; line: \(line), column: \(column)]."
    case .invalidPlaceholder(let name):
      "InputTemplate for target \(target) contains invalid placeholder \(name)."
    case .documentPlaceholder(let name):
      "InputTemplate for target \(target) contains placeholder \(name) valid only for JSON template."
    case .placeholderInKey(let name):
      "InputTemplate for target \(target) contains placeholder \(name) as an object key."
    case .invalidName(let name):
      constraint(
        on: "inputPathsMap", value: name,
        "Map keys must satisfy constraint: [Member must have length less than or equal to "
          + "\(InputTransformer.nameLengthMax), Member must satisfy regular expression pattern: [A-Za-z0-9\\_\\-]+]")
    case .tooManyPaths(let count):
      constraint(
        on: "inputPathsMap", value: "\(count) entries",
        "Member must have length less than or equal to \(InputTransformer.pathsMax)")
    case .templateLength(let length):
      constraint(
        on: "inputTemplate", value: "\(length) characters",
        length == 0
          ? "Member must have length greater than or equal to 1"
          : "Member must have length less than or equal to \(InputTransformer.templateLengthMax)")
    case .invalidConstant:
      "JSON syntax error in input for target \(target)."
    case .severalInputs:
      "Only one of Input, InputPath, or InputTransformer must be provided for target \(target)."
    case .nothingAtPath(let path):
      "The event has nothing at the InputPath \(path) of target \(target)."
    }
  }

  private func constraint(on member: String, value: String, _ text: String) -> String {
    "1 validation error detected: Value '\(value)' at 'inputTransformer.\(member)' failed to satisfy constraint: \(text)"
  }
}
