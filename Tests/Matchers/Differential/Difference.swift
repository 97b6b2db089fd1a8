import Events
import Matchers
import Patterns

/// A pattern and an event on which the matcher and the pattern itself disagree.
struct Difference: Error, CustomStringConvertible {
  let seed: UInt64
  /// Nil if a pattern was found twice.
  let pattern: String?
  let event: [UInt8]
  /// The pattern's own verdict; nil if the difference is about near misses.
  let isMatch: Bool?
  /// Numbers that the matcher told, and those it should have told.
  let found: [Int]
  let wanted: [Int]

  /// With a row for `Tests/Vectors/patterns.json` if the pattern differs on its own as well.
  var description: String {
    let head = "seed \(seed): the matcher says \(found), the patterns say \(wanted)"
    let event = String(decoding: event, as: UTF8.self)
    guard let pattern else { return "\(head) of \(event)" }
    guard isMatch != nil else { return "\(head): near misses of \(event) and \(pattern)" }
    guard let row else { return "\(head): \(pattern) on \(event), but only beside the other patterns" }
    return "\(head)\n\(row)"
  }

  /// The smallest pair found that still differs, as a row of the table of vectors; nil if a pattern alone is right.
  var row: String? {
    guard let pattern, var pair = Pair(pattern: Array(pattern.utf8), event: event), pair.differs else { return nil }
    pair.shrink()
    let text = JSON.string(String(decoding: pair.pattern, as: UTF8.self)).text
    return
      "{\"id\":\"differential-\(seed)\",\"pattern\":\(text),\"event\":\(String(decoding: pair.event, as: UTF8.self)),"
      + "\"verdict\":\"\(pair.oracle == true ? "match" : "nomatch")\","
      + "\"source\":\"found by the differential generator, seed \(seed)\"}"
  }
}

/// A pattern and an event that are made smaller as long as matcher and pattern disagree on them.
private struct Pair {
  private(set) var pattern: [UInt8]
  private(set) var event: [UInt8]
  /// The pattern's own verdict.
  private(set) var oracle: Bool?
  private(set) var differs = false

  /// Nil if one of them is unsound.
  init?(pattern: [UInt8], event: [UInt8]) {
    self.pattern = pattern
    self.event = event
    do {
      let sound = try EventPattern(String(decoding: pattern, as: UTF8.self))
      let text = try EventText(event)
      var matcher = PatternMatcher()
      matcher.add(sound)
      let verdict = sound.matches(try JSON(parsing: event))
      oracle = verdict
      differs = matcher.matches(text) != (verdict ? [0] : [])
    } catch {
      return nil
    }
  }

  mutating func shrink() {
    var isShrinking = true
    while isShrinking {
      isShrinking = shrinkTrees() || shrinkBytes()
    }
  }

  private mutating func take(_ pattern: [UInt8], _ event: [UInt8]) -> Bool {
    guard pattern.count + event.count < self.pattern.count + self.event.count,
      let smaller = Pair(pattern: pattern, event: event), smaller.differs
    else { return false }
    self = smaller
    return true
  }

  private mutating func shrinkTrees() -> Bool {
    if let tree = Pair.tree(pattern), Pair.smaller(tree).contains(where: { take($0, event) }) { return true }
    if let tree = Pair.tree(event), Pair.smaller(tree).contains(where: { take(pattern, $0) }) { return true }
    return false
  }

  private static func tree(_ bytes: [UInt8]) -> JSON? {
    do { return try JSON(parsing: bytes) } catch { return nil }
  }

  /// The value itself, and everything that is one step smaller.
  private static func smaller(_ json: JSON) -> [[UInt8]] {
    ([json] + steps(json)).map { Array($0.text.utf8) }
  }

  private static func steps(_ json: JSON) -> [JSON] {
    switch json {
    case .null, .bool, .number: return []
    case .string(let text):
      return text.isEmpty ? [] : [.string(String(text.dropLast())), .string(String(text.dropFirst()))]
    case .array(let elements):
      var all = elements
      for (index, element) in elements.enumerated() {
        all.append(.array(replacing(elements, at: index, with: [])))
        for step in steps(element) { all.append(.array(replacing(elements, at: index, with: [step]))) }
      }
      return all
    case .object(let members):
      var all = members.map(\.value)
      for (index, member) in members.enumerated() {
        all.append(.object(replacing(members, at: index, with: [])))
        for step in steps(member.value) {
          all.append(.object(replacing(members, at: index, with: [JSON.Member(member.key, step)])))
        }
      }
      return all
    }
  }

  private static func replacing<Element>(_ all: [Element], at index: Int, with some: [Element]) -> [Element] {
    var copy = all
    copy.replaceSubrange(index...index, with: some)
    return copy
  }

  /// Leaves out runs of bytes, long ones first.
  private mutating func shrinkBytes() -> Bool {
    var length = max(pattern.count, event.count) / 2
    while length > 0 {
      for start in stride(from: 0, to: pattern.count, by: length)
      where take(Pair.without(pattern, start, length), event) { return true }
      for start in stride(from: 0, to: event.count, by: length)
      where take(pattern, Pair.without(event, start, length)) { return true }
      length /= 2
    }
    return false
  }

  private static func without(_ bytes: [UInt8], _ start: Int, _ length: Int) -> [UInt8] {
    Array(bytes[..<start] + bytes[min(start + length, bytes.count)...])
  }
}
