import Events
import Patterns

/// Looks for an event that several patterns want: what is found is proof; what is not found may still exist.
enum PatternWitness {
  /// Candidates of one leaf that are tried, and events in all.
  static let candidatesMax = 6
  static let eventsMax = 512

  /// An event that fits all the patterns; nil if none was found.
  static func event(matching patterns: [JSON]) -> JSON? {
    var compiled: [EventPattern] = []
    for pattern in patterns {
      do { compiled.append(try EventPattern(pattern.text)) } catch { return nil }
    }
    var leaves: [[String]: [JSON]] = [:]
    for pattern in patterns { collect(pattern, [], &leaves) }
    let paths = leaves.keys.sorted { $0.joined(separator: ".") < $1.joined(separator: ".") }
    var count = 0
    return search(paths[...], leaves, .object([]), compiled, &count)
  }

  private static func search(
    _ paths: ArraySlice<[String]>, _ leaves: [[String]: [JSON]], _ event: JSON, _ patterns: [EventPattern],
    _ count: inout Int
  ) -> JSON? {
    guard let path = paths.first else {
      count += 1
      return patterns.allSatisfy { $0.matches(event) } ? event : nil
    }
    for candidate in (leaves[path] ?? []).prefix(candidatesMax) {
      guard count < eventsMax else { return nil }
      let next = candidate == .null ? event : setting(event, path[...], candidate)
      if let found = search(paths.dropFirst(), leaves, next, patterns, &count) { return found }
    }
    return nil
  }

  private static func setting(_ json: JSON, _ path: ArraySlice<String>, _ value: JSON) -> JSON {
    guard let name = path.first else { return value }
    var copy = json
    copy.set(name, setting(json[name] ?? .object([]), path.dropFirst(), value))
    return copy
  }

  /// Values that might fit each leaf; null stands for a field that is not there.
  private static func collect(_ pattern: JSON, _ path: [String], _ leaves: inout [[String]: [JSON]]) {
    for member in pattern.members ?? [] {
      if member.key == "$or" {
        for choice in member.value.elements ?? [] { collect(choice, path, &leaves) }
      } else if let elements = member.value.elements {
        leaves[path + [member.key], default: []] += elements.map(value)
      } else {
        collect(member.value, path + [member.key], &leaves)
      }
    }
  }

  private static func value(_ leaf: JSON) -> JSON {
    guard let member = leaf.members?.first else { return leaf }
    switch (member.key, member.value) {
    case ("prefix", .string(let text)), ("equals-ignore-case", .string(let text)): return .string(text)
    case ("suffix", .string(let text)): return .string(text)
    case ("wildcard", .string(let text)): return .string(text.replacing("*", with: "x"))
    case ("exists", .bool(let isThere)): return isThere ? "x" : .null
    case ("numeric", .array(let tests)):
      guard let number = tests.first(where: { $0.double != nil })?.double else { return "x" }
      let isAbove = tests.first == ">" || tests.first == ">="
      return JSON(isAbove ? number + 0.5 : number - 0.5)
    default: return "any other value"
    }
  }
}
