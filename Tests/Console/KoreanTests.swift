import Engine
import Foundation
import Ingestion
import Telemetry
import Testing

@testable import Console

@Suite struct KoreanTests {
  /// What reads the same in both languages: names of fields and zones, and commands.
  static let same: Set<String> = [
    "ds", "UTC", "bellcrank rules enable RULE", "aws events put-targets --rule RULE --targets …",
    "bellcrank schedule recover RULE SLOT",
  ]

  /// Those that a Korean reader would meet in English.
  private static func untold(_ texts: some Sequence<String>) -> [String] {
    texts.filter { !$0.isEmpty && Korean.texts[$0] == nil && !same.contains($0) }.sorted()
  }

  // MARK: The pages

  @Test func `every text that the console's sources ask for is there in Korean`() throws {
    let texts = Set(try Asked.files(under: "Sources/Edges/Console").flatMap { Asked.texts(in: $0) })
    #expect(texts.count > 250)
    #expect(KoreanTests.untold(texts) == [])
  }

  @Test func `texts are found wherever a page asks for them`() {
    let source = #"""
      // t("a comment")
      t("plain"), desk.t("behind a dot"), t(
        "on the next line", "value"), .text("no text"), insert("none either"), Link(t("a \"quoted\" one"))
      t(isOpen ? "yes" : "no"), t(state.word("x") == "y" ? "equal" : "other"), t(name)
      desk.columns(["first", .init("second", .number), ""]), columns([
        "third",
      ]), t.counted(rows.count, "row"), t.counted(view.count("rows"), "line"), desk.detail("Since", moment)
      (.now, "Now"), (route: .runs, label: name)
      """#
    let texts: Set = [
      "plain", "behind a dot", "on the next line", "a \"quoted\" one", "yes", "no", "equal", "other", "first", "second",
      "", "third", "row", "line", "Since", "Now",
    ]
    #expect(Asked.texts(in: source) == texts)
  }

  // MARK: What the layers below say

  @Test func `every word of decisions, gates, runs, triggers and letters is there in Korean`() throws {
    let statuses: [Run.Status] = [.running, .succeeded, .partlyFailed, .failed]
    let gateStates = ["passed", "stopped", "not_reached", "open", "shut", "unknown"]
    let treeStates = ["waiting", "queued", "received", "taken", "stored"]
    let outcomes = try Asked.words(/case \.\w+: "([a-z_]+)"/, in: "Sources/Operations/Shelf.swift")
    #expect(outcomes.count == 4)
    let words =
      Decision.allCases.map(\.rawValue) + Gate.allCases.map(\.rawValue) + statuses.map(\.rawValue)
      + TriggerType.allCases.map(\.rawValue) + gateStates + treeStates + outcomes
    #expect(KoreanTests.untold(words.map { spoken($0) }) == [])
    #expect(Words(language: .korean).spoken("partly_failed") == "일부 실패")
  }

  @Test func `every reason code is explained in Korean`() {
    #expect(KoreanTests.untold(ReasonCode.allCases.map(\.meaning)) == [])
    #expect(KoreanTests.untold(ReasonCode.allCases.compactMap(\.remedy)) == [])
  }

  /// Their modules are none of the console's, so their sources are read.
  @Test func `every word that operations hand to a page is there in Korean`() throws {
    let places: [(path: String, words: Regex<(Substring, Substring)>)] = [
      ("Sources/Edges/HTTPServer/Console", /"\w+": "([^"]+\.)"/),
      ("Sources/Edges/HTTPServer/Console", /set\("problem", "([^"]+)"\)/),
      ("Sources/Edges/HTTPServer/Console", /\.unmatched \? "([^"]+)"/),
      ("Sources/Edges/HTTPServer/Console", /\.unmatched \? "[^"]+" : "([^"]+)"/),
      ("Sources/Engine/Explainer+WhyNot.swift", /change: (?:isThere \? )?"([^"]+)"/),
      ("Sources/Engine/Explainer+WhyNot.swift", /change: isThere \? "[^"]+" : "([^"]+)"/),
      ("Sources/Engine/CausalTree.swift", /"kind": "(\w+)"/),
      ("Sources/Operations/Doctor.swift", /Check\(\s*"([a-z-]+)"/),
      ("Sources/Operations/Doctor.swift", /case (failing|warning|fine)\n/),
      ("Sources/Operations/Doctor+Configuration.swift", /Check\(\s*"([a-z-]+)"/),
      ("Sources/Operations/Mover.swift", /case \w+ = "([A-Z]+)"/),
      ("Sources/Domain/Alarms/AlarmDefinition.swift", /case \w+ = "([A-Z_]+)"/),
      ("Sources/Domain/Alarms/AlarmSeverity.swift", /case \.p\d: "([^"]+)"/),
    ]
    for (path, words) in places {
      let found = try Asked.words(words, in: path)
      #expect(!found.isEmpty, "nothing in \(path) looks like a word for pages")
      #expect(KoreanTests.untold(found) == [], "\(path)")
    }
  }

  // MARK: The texts themselves

  @Test func `a Korean text has the placeholders of its English`() {
    for (english, korean) in Korean.texts {
      let wanted = english.matches(of: /%\d/).map { String($0.0) }.sorted()
      #expect(korean.matches(of: /%\d/).map { String($0.0) }.sorted() == wanted, "\(english)")
    }
  }

  @Test func `no text stands in two parts`() {
    #expect(Korean.texts.count == Korean.parts.map(\.count).reduce(0, +))
  }

  @Test func `what reads the same in both languages is listed and nowhere else`() {
    #expect(Korean.texts.filter { $0.key == $0.value }.isEmpty)
    #expect(KoreanTests.same.filter { Korean.texts[$0] != nil } == [])
  }
}

/// The texts that sources ask for, by how they ask.
private enum Asked {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The Swift files under a path of the repository, or the one file that it names.
  static func files(under path: String) throws -> [String] {
    let start = root.appending(path: path)
    guard !path.hasSuffix(".swift") else { return [try String(contentsOf: start, encoding: .utf8)] }
    return try FileManager.default.subpathsOfDirectory(atPath: start.path).filter { $0.hasSuffix(".swift") }
      .map { try String(contentsOf: start.appending(path: $0), encoding: .utf8) }
  }

  /// What the expression takes out of the files.
  static func words(_ expression: Regex<(Substring, Substring)>, in path: String) throws -> [String] {
    try files(under: path).flatMap { $0.matches(of: expression).map { String($0.1) } }
  }

  /// Arguments of `t`, labels of columns and details, counted nouns, and the navigation; lines of comment are left out.
  static func texts(in source: String) -> Set<String> {
    let code = source.split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("//") }.joined(separator: "\n")
    var found: [Substring] = []
    // t("…"), t(… ? "…" : "…")
    let call =
      /(?:^|[^A-Za-z0-9_])t\(\s*(?:(?:[^"?,()]|"[^"]*"|\([^()]*\))*\?\s*)?"((?:[^"\\]|\\.)*)"(?:\s*:\s*"((?:[^"\\]|\\.)*)")?/
    for match in code.matches(of: call) { found += [match.1, match.2].compactMap(\.self) }
    for match in code.matches(of: /columns\(\s*\[([^\]]*)\]/) {
      found += match.1.matches(of: /"([^"]*)"/).map(\.1)
    }
    found += code.matches(of: /\.counted\((?:[^"()]|\([^()]*\))*"([^"]*)"/).map(\.1)
    found += code.matches(of: /\.detail\(\s*"([^"]*)"/).map(\.1)
    found += code.matches(of: /\(\.\w+, "([^"]+)"\)/).map(\.1)
    return Set(found.map { String($0).replacing("\\\"", with: "\"") })
  }
}
