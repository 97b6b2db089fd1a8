import Foundation

/// Measures what `run` asks for; prints one JSON line a row.
@main
struct Measure {
  /// Where the generated events and rules are.
  private let folder: String
  private let cityRules: String
  private let runs: Int
  /// The first events only; nothing is held against known results.
  private let eventsMax: Int
  /// What a row's name has to hold.
  private let only: String

  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 6, let runs = Int(arguments[3]), let eventsMax = Int(arguments[4]) else {
      throw MeasureError("usage: Measure FOLDER CITY-RULES RUNS EVENTS ONLY")
    }
    let measure = Measure(
      folder: arguments[1], cityRules: arguments[2], runs: runs, eventsMax: eventsMax, only: arguments[5])
    do {
      try measure.memory()
      try measure.cities()
      try measure.envelopes()
      try measure.costs()
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      exit(1)
    }
  }

  /// At once, though standard output be a pipe.
  private func say(_ row: Row) {
    FileHandle.standardOutput.write(Data((row.text + "\n").utf8))
  }

  private func wants(_ name: String) -> Bool {
    only.isEmpty || name.localizedCaseInsensitiveContains(only)
  }

  /// First, for what comes after leaves holes in the heap.
  private func memory() throws {
    guard wants("adding 100000 rules") else { return }
    say(try Adding.all(file: "\(folder)/many/rules_100000.jsonl", runs: runs))
  }

  private func cities() throws {
    let workloads = try Cities.workloads(rules: cityRules).filter { wants($0.name) }
    guard !workloads.isEmpty || wants("checking citylots2") else { return }
    let file = "\(folder)/citylots2.jsonl"
    let corpus = try Corpus(file: file, max: eventsMax)
    for workload in workloads {
      say(try workload.measure(on: corpus, runs: runs, isWhole: eventsMax == .max))
    }
    if wants("checking citylots2") { say(try Checking.row("checking citylots2", corpus, runs: runs)) }
  }

  private func envelopes() throws {
    let many = try [10, 1_000, 10_000, 100_000].filter { wants("\($0) rules") }
      .map { try Envelopes.many($0, in: "\(folder)/many") }
    if !many.isEmpty || wants("checking envelopes") {
      let corpus = try Corpus(file: "\(folder)/many/events.jsonl", max: eventsMax)
      for workload in many {
        say(try workload.measure(on: corpus, runs: runs, isWhole: eventsMax == .max))
        guard eventsMax == .max else { continue }
        try Envelopes.writeMatches(
          of: workload, on: corpus, to: "\(folder)/many/matches_\(workload.rules.count).txt")
      }
      if wants("checking envelopes") { say(try Checking.row("checking envelopes", corpus, runs: runs)) }
    }
    let wildcards = try [1, 10, 100, 1_000].filter { wants("\($0) wildcards") }
      .map { try Envelopes.wildcards($0, in: "\(folder)/many") }
    guard !wildcards.isEmpty else { return }
    let corpus = try Corpus(file: "\(folder)/many/events1000.jsonl", max: eventsMax)
    for workload in wildcards {
      say(try workload.measure(on: corpus, runs: runs, isWhole: eventsMax == .max))
    }
  }

  private func costs() throws {
    if wants("adding one rule") {
      say(try Adding.one(file: "\(folder)/many/rules_100000.jsonl", runs: runs))
    }
    for bound in Bounds.all where wants("bound \(bound.name)") {
      say(try bound.row(runs: runs))
    }
  }
}
