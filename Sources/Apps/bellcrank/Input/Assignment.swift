import ArgumentParser
import Events

/// `key=value`: what `--set` puts into a payload.
///
/// Dots in the key lead into objects. The value is JSON if it reads as JSON, and a string otherwise.
struct Assignment: Sendable, Hashable, ExpressibleByArgument {
  /// Objects inside each other at most.
  static let partsMax = 16

  let path: [String]
  let value: JSON

  /// nil without a `=`, and if the key or a part of it is empty.
  init?(argument: String) {
    let sides = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard sides.count == 2 else { return nil }
    let parts = sides[0].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count <= Assignment.partsMax, !parts.contains("") else { return nil }
    path = parts
    do {
      value = try JSON(parsing: String(sides[1]))
    } catch {
      value = .string(String(sides[1]))
    }
  }

  /// The payload with the value in its place; objects on the way are made.
  ///
  /// - Throws: `invalidInput` if something that is no object stands in the way.
  func applied(to payload: JSON) throws(CommandFailure) -> JSON {
    try Assignment.setting(value, at: path[...], in: payload)
  }

  private static func setting(
    _ value: JSON, at path: ArraySlice<String>, in object: JSON
  ) throws(CommandFailure) -> JSON {
    guard let key = path.first else { return value }
    guard object.members != nil else {
      throw CommandFailure(.invalidInput, "--set \(key): only an object has members, and there is: \(object.kind)")
    }
    var changed = object
    let inner = path.count > 1 ? object[key] ?? .object([]) : value
    changed.set(key, try setting(value, at: path.dropFirst(), in: inner))
    return changed
  }
}
