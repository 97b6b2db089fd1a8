import Events
import Foundation
import Logs
import Testing

@Test(arguments: try Vectors.load("log-filter-patterns"))
func `a filter pattern matches what the user guide says`(_ row: JSON) throws {
  let text = try #require(row["pattern"]?.string)
  if let reason = row["reason"]?.string {
    let error = #expect(throws: FilterPatternError.self) { try FilterPattern(parsing: text) }
    #expect(error?.reason == reason, "\(text)")
    #expect(error?.offset == row["offset"]?.int, "\(text)")
    #expect(error?.code.rawValue == "InvalidParameterException")
    return
  }
  let pattern = try FilterPattern(parsing: text)
  let matches = try #require(row["matches"]?.elements).compactMap(\.string)
  let misses = try #require(row["misses"]?.elements).compactMap(\.string)
  #expect(!(matches + misses).isEmpty)
  for message in matches {
    #expect(pattern.matches(message), "\(text) should match \(message)")
    #expect(pattern.matches(bytes: Array(message.utf8)), "\(text) should match the bytes of \(message)")
  }
  for message in misses {
    #expect(!pattern.matches(message), "\(text) should miss \(message)")
  }
}

/// Source: CloudWatch Logs API reference, TestMetricFilter, its samples.
@Test(
  arguments: [
    ("ERROR", "an ERROR", [:]), ("{ $.level = ERROR }", #"{"level":"ERROR"}"#, ["$.level": "ERROR"]),
    (
      "{ ($.a[0].b = 1 || $.c IS NULL) && $.d NOT EXISTS }", #"{"a":[{"b":1.50}],"c":null}"#,
      ["$.a[0].b": "1.50", "$.c": "null"]
    ),
    ("[ip, , code = 4*, size]", #"::1 "GET /" 404 [a b]"#, ["$ip": "::1", "$code": "404", "$size": "a b"]),
    ("[..., code, size]", "x y z 200 5", ["$code": "200", "$size": "5"]),
    ("[a, rest]", "1 2 3", ["$a": "1", "$rest": "2 3"]),
    ("[a, b, c]", "1 2", [:]), ("{ $.a = 1 }", "no JSON", [:]),
  ] as [(String, String, [String: String])])
func `what stands at the selectors and in the named fields is told`(
  _ pattern: String, _ message: String, _ wanted: [String: String]
) throws {
  let values = try FilterPattern(parsing: pattern).values(in: message)
  #expect(Dictionary(uniqueKeysWithValues: values.map { ($0.name, $0.value) }) == wanted)
}

@Test func `an error says its place`() throws {
  let error = #expect(throws: FilterPatternError.self) { try FilterPattern(parsing: "{ $.a = }") }
  #expect(
    error?.message == "Invalid filter pattern: a string, a number or a regular expression is due (at offset 8)")
}

@Test func `patterns of the same text are equal and keep it`() throws {
  let pattern = try FilterPattern(parsing: "?ERROR ?%W.RN%")
  #expect(try pattern == FilterPattern(parsing: "?ERROR ?%W.RN%"))
  #expect(try pattern != FilterPattern(parsing: "?ERROR"))
  #expect(pattern.text == "?ERROR ?%W.RN%")
  #expect(FilterPattern.everything.matches(""))
}

/// Pieces that patterns are made of, so that chance gets further than the first byte.
private let pieces = [
  "{", "}", "[", "]", "(", ")", "$", ".", "$.a", "$.a[0]", "[*]", ".*", "['a.b']", " = ", " != ", "<=", ">", "4*",
  "1e3",
  "\"x y\"", "\"", "%", "%a.[b-d]+%", "%^\\d{2,}|x$%", "\\", "&&", "||", "IS NULL", "NOT EXISTS", "...", ",", "-", "?",
  "ERROR",
  " ", "ü", "\u{0}", "{3,", "\n", "w1=ERROR",
]

private func randomText(of count: Int, _ dice: inout SplitMix64) -> String {
  (0..<count).map { _ in pieces.randomElement(using: &dice) ?? "" }.joined()
}

@Test func `no text crashes the reader and no bytes crash a pattern`() {
  var compiled = 0
  var matched = 0
  for seed in UInt64(0)..<4_000 {
    var dice = SplitMix64(seed: seed)
    let body = randomText(of: Int.random(in: 0...10, using: &dice), &dice)
    let text = [body, "{\(body)}", "[\(body)]", "%\(body)%", "{ $.a = \(body) }"].randomElement(using: &dice) ?? body
    let bytes = (0..<Int.random(in: 0...80, using: &dice)).map { _ in UInt8.random(in: 0...255, using: &dice) }
    let message = randomText(of: 6, &dice)
    do throws(FilterPatternError) {
      let pattern = try FilterPattern(parsing: text)
      compiled += 1
      for sample in [bytes, Array(message.utf8), Array("{\"a\":\"\(message)\"}".utf8), [0x80, 0xFF], []] {
        if pattern.matches(bytes: sample) { matched += 1 }
      }
    } catch {
      #expect((0...text.utf8.count).contains(error.offset), "seed \(seed): \(text)")
    }
  }
  #expect(compiled > 200, "chance writes too few patterns to say anything: \(compiled)")
  #expect(matched > 100, "chance matches too little to say anything: \(matched)")
}

@Test func `a cut pattern of the user guide never crashes the reader`() throws {
  for row in try Vectors.load("log-filter-patterns") {
    let text = Array(try #require(row["pattern"]?.string).unicodeScalars.prefix(120))
    for length in text.indices {
      var cut = String.UnicodeScalarView()
      cut.append(contentsOf: text[..<length])
      do throws(FilterPatternError) {
        _ = try FilterPattern(parsing: String(cut)).matches("{\"a\":1} [x] \"y")
      } catch {
        #expect(error.offset <= String(cut).utf8.count, "\(String(cut))")
      }
    }
  }
}

@Test(arguments: [("[a=x, ...]", "[ \" "), ("%a*a*a*b%", "aaaa"), ("aaab", "aaaa")])
func `hostile messages of a megabyte are read in a time that grows with their length`(
  _ text: String, _ piece: String
) throws {
  let pattern = try FilterPattern(parsing: text)
  func work(_ count: Int) -> Double {
    let message = Array(String(repeating: piece, count: count).utf8)
    let began = processorSeconds()
    #expect(!pattern.matches(bytes: message))
    return processorSeconds() - began
  }
  let small = (0..<3).map { _ in work(15_625) }.min() ?? 0
  let large = work(250_000)
  // Sixteen times the length: sixteen times the work, not 256 times.
  #expect(large < 64 * small, "\(small) s, then \(large) s")
}

/// How long this thread has had a processor, which does not pass while others have it.
private func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

@Test func `regular expressions agree with a plain search over all short texts`() throws {
  // The oracle tries every start and every count, without a machine.
  let regex = try FilterPattern(parsing: "%a[ab]{1,2}b?a%")
  let letters: [Character] = ["a", "b", "c"]
  var texts = [""]
  for _ in 0..<6 {
    texts += texts.suffix(729).flatMap { text in letters.map { text + String($0) } }
  }
  var found = 0
  for text in Set(texts) {
    let characters = Array(text)
    let isFound = characters.indices.contains { start in
      (1...2).contains { count in
        (0...1).contains { extra in
          let end = start + 1 + count + extra + 1
          guard end <= characters.count, characters[start] == "a", characters[end - 1] == "a" else { return false }
          let middle = characters[(start + 1)..<(start + 1 + count)]
          return middle.allSatisfy { $0 != "c" } && (extra == 0 || characters[start + 1 + count] == "b")
        }
      }
    }
    #expect(regex.matches(text) == isFound, "\(text)")
    found += isFound ? 1 : 0
  }
  #expect(found > 20)
}
