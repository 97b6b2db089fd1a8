import Driver
import Events
import Matchers
import Patterns

/// Where an input keeps its pattern and its event: the one, a zero, the other.
///
/// The zero is in neither, for JSON must escape it.
private let separator: UInt8 = 0

/// Source: LLVM, "libFuzzer – a library for coverage-guided fuzz testing".
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  guard let split = input.firstIndex(of: separator) else { return -1 }
  let event = Array(input[(split + 1)...])
  guard let pattern = String(validating: input[..<split], as: UTF8.self) else { return -1 }
  // A thousand alternatives take a tenth of a second, and teach no more than a few.
  guard pattern.ranges(of: "$or").count <= 2 else { return -1 }
  check(pattern, event)
  return 0
}

/// Crashes at whatever must not be.
private func check(_ pattern: String, _ event: [UInt8]) {
  let json = object(event)
  let text = eventText(event)
  demand((text == nil) == (json == nil), "an event is exactly what is an object")
  guard let sound = eventPattern(pattern), let json, let text else { return }
  let isMatch = sound.matches(json)
  let explanation = sound.explain(json)
  demand(explanation.matched == isMatch, "an explanation says what the pattern says")
  var matcher = PatternMatcher()
  let first = matcher.add(sound)
  let second = matcher.add(sound)
  demand(
    matcher.matches(text) == (isMatch ? [first, second] : []), "the matcher says what the pattern says: \(isMatch)")
  demand(
    matcher.matches(EventText(json)) == (isMatch ? [first, second] : []), "an event's spelling makes no difference")
  let workspace = MatchWorkspace()
  let near = matcher.nearMisses(text, in: workspace, max: 2)
  demand(
    near.close + near.others == (explanation.isNearMiss ? [first, second] : []),
    "a near miss is what an explanation says is one: \(explanation.isNearMiss)")
  matcher.remove(first)
  matcher.match(text, in: workspace)
  demand(workspace.matched.map(Int.init) == (isMatch ? [second] : []), "a pattern that is gone matches nothing")
}

/// Says what is wrong, which a precondition of an optimised build does not.
private func demand(_ isSo: Bool, _ sentence: @autoclosure () -> String) {
  if !isSo { fatalError(sentence()) }
}

private func object(_ bytes: [UInt8]) -> JSON? {
  do {
    let json = try JSON(parsing: bytes)
    return json.members == nil ? nil : json
  } catch {
    return nil
  }
}

private func eventText(_ bytes: [UInt8]) -> EventText? {
  do { return try EventText(bytes) } catch { return nil }
}

private func eventPattern(_ text: String) -> EventPattern? {
  do { return try EventPattern(text) } catch { return nil }
}
