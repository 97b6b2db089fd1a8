import Events
import Matchers
import Patterns

/// What somebody would send who wants a matcher to stand still.
enum Bounds {
  private static let mebibyte = 1_048_576

  static var all: [Bound] { nesting + sizes + arrays + wildcards + manyRules + flooding + repetition + alternatives }

  private static func repeated(_ text: String, _ count: Int) -> String {
    String(repeating: text, count: count)
  }

  private static func joined(_ count: Int, _ make: (Int) -> String) -> String {
    (0..<count).map(make).joined(separator: ",")
  }

  // MARK: Events

  private static var nesting: [Bound] {
    [
      Bound.matching("arrays in arrays", .linear, from: 249, rules: { _ in [#"{"a":[1],"b":[1]}"#] }) {
        #"{"a":\#(repeated("[", $0))1\#(repeated("]", $0)),"b":1}"#
      },
      Bound.matching("objects in objects", .linear, from: 249, rules: { _ in [#"{"a":{"b":[1]},"b":[1]}"#] }) {
        #"{"a":\#(repeated(#"{"a":"#, $0))1\#(repeated("}", $0)),"b":1}"#
      },
      Bound.matching(
        "objects in objects, wanted to the last", .linear, from: 249,
        rules: { [repeated(#"{"a":"#, $0) + "[1]" + repeated("}", $0)] }
      ) {
        repeated(#"{"a":"#, $0) + "1" + repeated("}", $0)
      },
      Bound.refusing("brackets that never close", .flat, from: 4_096) { #"{"a":"# + repeated("[", $0) },
    ]
  }

  private static var sizes: [Bound] {
    [
      Bound.matching("a long string beside the field", .linear, from: mebibyte / 4, rules: { _ in [#"{"b":["x"]}"#] }) {
        #"{"a":"\#(repeated("x", $0))","b":"x"}"#
      },
      Bound.matching(
        "a long string of escapes in the field", .linear, from: mebibyte / 4,
        rules: { _ in [#"{"a":[{"suffix":"y"}]}"#, #"{"a":[{"prefix":"y"}]}"#, #"{"a":[{"anything-but":"x"}]}"#] }
      ) {
        #"{"a":"\#(repeated(#"\""#, $0 / 2))"}"#
      },
      Bound.matching(
        "a long string in any case", .linear, from: mebibyte / 4,
        rules: { _ in [#"{"a":[{"equals-ignore-case":"kkk"},{"suffix":{"equals-ignore-case":"KKL"}}]}"#] }
      ) {
        #"{"a":"\#(repeated("K", $0))"}"#
      },
      Bound.matching("a long number", .linear, from: mebibyte / 4, rules: { _ in [#"{"a":[{"numeric":[">",0]}]}"#] }) {
        #"{"a":1\#(repeated("7", $0))}"#
      },
      Bound.refusing("a string that never closes", .linear, from: mebibyte / 4) { #"{"a":""# + repeated("x", $0) },
      Bound.refusing("escapes that never close", .linear, from: mebibyte / 4) { #"{"a":""# + repeated(#"\""#, $0 / 2) },
      Bound("checking members", .linear, from: mebibyte / 64) { size in
        let bytes = Array("{\(joined(size) { #""key\#($0)":[\#($0),null]"# })}".utf8)
        return { Sink.folded &+= UInt64(try EventText(bytes).bytes.count) }
      },
    ]
  }

  private static var arrays: [Bound] {
    [
      Bound.matching(
        "two fields that never meet in an element", .linear, from: 2_500, rules: { _ in [#"{"a":{"x":[1],"y":[2]}}"#] }
      ) {
        #"{"a":[\#(joined($0) { $0.isMultiple(of: 2) ? #"{"x":1,"y":1}"# : #"{"x":2,"y":2}"# })]}"#
      },
      Bound.matching(
        "a field that no element lacks", .linear, from: 2_500,
        rules: { _ in [#"{"a":{"x":[1],"y":[{"exists":false}]}}"#] }
      ) {
        #"{"a":[\#(joined($0) { _ in #"{"x":1,"y":1}"# })]}"#
      },
      Bound.matching(
        "three fields in arrays of arrays", .linear, from: 2_500,
        rules: { _ in [#"{"a":{"b":{"x":[1],"y":[2]},"z":[{"anything-but":3}]}}"#] }
      ) {
        #"{"a":[\#(joined($0 / 10) { _ in #"{"b":[\#(joined(10) { #"{"x":\#($0),"y":\#($0)}"# })],"z":3}"# })]}"#
      },
      Bound.matching("numbers in an array", .linear, from: 2_500, rules: { _ in [#"{"a":[{"numeric":["<",0]}]}"#] }) {
        #"{"a":[\#(joined($0) { "\($0).5e0" })]}"#
      },
    ]
  }

  private static var wildcards: [Bound] {
    [
      Bound.matching("a wildcard bomb", .linear, from: 16_384, rules: { _ in [#"{"a":[{"wildcard":"*a*a*a*b*a"}]}"#] })
      {
        #"{"a":"\#(repeated("a", $0))"}"#
      },
      Bound.matching(
        "a wildcard whose middle almost fits everywhere", .linear, from: 16_384,
        rules: { _ in [#"{"a":[{"wildcard":"*aabaa*"}]}"#, #"{"a":[{"anything-but":{"wildcard":"*aabaa*"}}]}"#] }
      ) {
        #"{"a":"\#(repeated("a", $0))"}"#
      },
      Bound.matching(
        "many wildcards", .linear, from: 250, rules: { (0..<$0).map { #"{"a":[{"wildcard":"*a\#($0)*b\#($0)*"}]}"# } }
      ) { _ in
        #"{"a":"\#(joined(40) { "a\($0) b\($0)" })"}"#
      },
    ]
  }

  // MARK: Rules

  private static var manyRules: [Bound] {
    [
      Bound.matching(
        "rules on one hot value", .flat, from: 25_000, rules: { (0..<$0).map { #"{"s":["hot"],"n":["v\#($0)"]}"# } }
      ) { _ in
        #"{"s":"hot","n":"v77"}"#
      },
      Bound.matching(
        "rules on one hot value, ranges beside it", .linear, from: 25_000,
        rules: { (0..<$0).map { #"{"s":["hot"],"n":[{"numeric":[">",\#($0)]}]}"# } }
      ) { _ in
        #"{"s":"hot","n":-1}"#
      },
      Bound.matching(
        "rules that all match", .linear, from: 25_000, rules: { Array(repeating: #"{"s":["hot"]}"#, count: $0) }
      ) { _ in
        #"{"s":"hot"}"#
      },
      Bound.matching(
        "rules that forbid a value", .linear, from: 25_000,
        rules: { (0..<$0).map { #"{"s":[{"anything-but":["v\#($0)","hot"]}]}"# } }
      ) { _ in
        #"{"s":"hot"}"#
      },
      Bound("near misses", .linear, from: 25_000) { size in
        var matcher = PatternMatcher()
        for rule in 0..<size { matcher.add(try EventPattern(#"{"s":["hot"],"n":["v\#(rule)"],"m":["w\#(rule)"]}"#)) }
        let ready = matcher
        let event = EventText(["s": "hot", "n": "v77", "m": "w78"])
        let workspace = MatchWorkspace()
        return { Sink.folded &+= UInt64(ready.nearMisses(event, in: workspace, max: 10).close.count) }
      },
    ]
  }

  private static var flooding: [Bound] {
    [
      Bound("adding values of one length and beginning", .linear, from: 25_000) { size in
        let patterns = try (0..<size).map { number throws(PatternError) in
          try EventPattern(#"{"a":["0000000000000000000\#(1_000_000 + number)0000000000000000000"]}"#)
        }
        return {
          var matcher = PatternMatcher()
          for pattern in patterns { matcher.add(pattern) }
          Sink.folded &+= UInt64(matcher.matches(EventText(["a": "0"])).count)
        }
      },
      Bound.matching(
        "values that many rules know", .linear, from: 2_500,
        rules: { (0..<($0 * 4)).map { #"{"a":["\#($0 * 65_536)"]}"# } }
      ) {
        #"{"a":[\#(joined($0) { "\"\($0 * 65_536)\"" })]}"#
      },
      Bound.matching("keys that nobody wants", .linear, from: 16_384, rules: { _ in [#"{"z":[1],"y":{"x":[2]}}"#] }) {
        "{\(joined($0) { #""\#($0 * 65_536)":1"# })}"
      },
      Bound.matching("keys that all want", .linear, from: 250, rules: { (0..<$0).map { #"{"k\#($0)":[1]}"# } }) {
        "{\(joined($0) { #""k\#($0)":1"# })}"
      },
    ]
  }

  private static var repetition: [Bound] {
    [
      Bound.matching("one key again and again", .linear, from: 2_500, rules: { _ in [#"{"a":[1],"b":[1]}"#] }) {
        "{\(joined($0) { #""a":\#($0 + 2)"# }),\"b\":1}"
      },
      Bound.matching(
        "one key with arrays again and again", .linear, from: 1_000,
        rules: { _ in [#"{"a":{"x":[1],"y":[2],"z":[3]}}"#] }
      ) {
        "{\(joined($0) { _ in #""a":[{"x":1,"y":1},{"x":2,"y":2}]"# })}"
      },
      Bound.matching(
        "more ways to choose elements than there is time", .linear, from: 50,
        rules: { _ in [#"{"a":{"w":[1],"x":[1],"y":[1],"z":[2]}}"#] }
      ) {
        "{\(joined($0) { _ in #""a":[{"w":1},{"x":1},{"y":1},{"w":1,"x":1,"y":1,"z":1}]"# })}"
      },
    ]
  }

  private static var alternatives: [Bound] {
    [
      Bound("patterns of many alternatives", .linear, from: 250) { size in
        let branches = (0..<(size / 50)).map { #"{"a\#($0)":[1]}"# }.joined(separator: ",")
        let others = (0..<50).map { #"{"b\#($0)":[2]}"# }.joined(separator: ",")
        let text = #"{"$or":[\#(branches)],"x":{"$or":[\#(others)]}}"#
        let event = EventText(["a1": 1, "x": ["b3": 2]])
        return {
          var matcher = PatternMatcher()
          matcher.add(try EventPattern(text))
          Sink.folded &+= UInt64(matcher.matches(event).count)
        }
      },
      Bound.matching(
        "an event against many alternatives", .linear, from: 250,
        rules: { size in
          let branches = (0..<(size / 50)).map { #"{"a\#($0)":[1]}"# }.joined(separator: ",")
          let others = (0..<50).map { #"{"b\#($0)":[2]}"# }.joined(separator: ",")
          return [#"{"$or":[\#(branches)],"x":{"$or":[\#(others)]}}"#]
        }
      ) {
        #"{\#(joined($0) { #""a\#($0)":1"# })}"#
      },
    ]
  }
}
