import AWSModel
import Engine
import Events
import Foundation
import Simulation
import Testing

/// The large environment of `Docs/Scale.md`, on a slice of its load: the document's tables of what was measured are held
/// to what is measured here, and no partition key of DynamoDB may take half of what it can.
///
/// `SCALE_SYMBOLS=10000` makes the run at the full rate four times as long.
@Suite struct ScaleTests {
  /// Nine seconds at the full rate.
  static let runSymbols = Int(ProcessInfo.processInfo.environment["SCALE_SYMBOLS"] ?? "") ?? 2_500

  @Test func `a run at the full rate of 16,700 requests a minute ends, and no key is hot`() throws {
    let world = ScaleWorld(try ScaleWorld.settings())
    fill(world, ScaleTests.runSymbols)
    dispatch(world, tables: [1])
    world.cloud.clearRecord()
    work(world, seconds: ScaleTests.runSymbols / 278 + 10)
    expectAllDone(world, runs: 1, symbols: ScaleTests.runSymbols)
    expectNoHotKey(world)
    try expect("a chunk of 5 symbols", world, per: ScaleTests.runSymbols / 5)
    let budget = world.cloud.consumed(per: .key).filter { $0.name.contains("#budget#") }
    #expect(budget.count == 3, "the budget has its parts: \(budget.map(\.name))")
    let takes = budget.reduce(0) { $0 + $1.total.writeUnits } / Double(ScaleTests.runSymbols / 5)
    #expect(takes < 1.5, "a take out of the budget costs \(takes) writes")
  }

  @Test func `admission of 10,000 symbols is one transaction within the limits of its run's key`() throws {
    let world = ScaleWorld(try ScaleWorld.settings(), sendsMessages: false)
    fill(world, 10_000)
    world.cloud.clearRecord()
    dispatch(world, tables: [1])
    expectNoHotKey(world)
    try expect("an admission of 10,000 symbols by an event", world, per: 1)
    // The admission itself, and the note of how far its messages are sent.
    #expect(world.cloud.callCounts["dynamodb:TransactWriteItems"] == 2)
  }

  @Test func `a hundred tables that ask within one second are all admitted, and no key is hot`() throws {
    let world = ScaleWorld(try ScaleWorld.settings(), sendsMessages: false)
    fill(world, 50)
    world.cloud.clearRecord()
    dispatch(world, tables: Array(0..<100), gap: Span(milliseconds: 10))
    expectNoHotKey(world)
    try expect("an admission of 50 symbols, one of 100 in a second", world, per: 100)
    // The window has a hundred places, in however many parts it is kept.
    world.time.run { #expect(await world.ask(table: 0)?["decision"] == "deferred") }
  }

  @Test func `the smallest environment uses a handful of units a day`() throws {
    let world = ScaleWorld(try ScaleWorld.settings(requestsPerMinute: 100))
    fill(world, 3)
    world.cloud.clearRecord()
    world.time.run { #expect(await world.slot()?["decision"] == "dispatched") }
    try expect("an admission of 3 symbols by a slot", world, per: 1)
    world.cloud.clearRecord()
    work(world, seconds: 5, pollers: 2)
    expectAllDone(world, runs: 1, symbols: 3)
    try expect("the one chunk of 3 symbols, and the end of its run", world, per: 1)
    world.cloud.clearRecord()
    world.time.run { await world.tick() }
    try expect("a tick that finds nothing", world, per: 1)
  }

  @Test func `two runs that share a budget of 100 a minute both end, in the time that the source needs`() throws {
    let world = ScaleWorld(try ScaleWorld.settings(requestsPerMinute: 100))
    fill(world, 150)
    dispatch(world, tables: [1, 2])
    world.cloud.clearRecord()
    let start = world.time.now()
    work(world, seconds: 150, pollers: 2)
    expectAllDone(world, runs: 2, symbols: 300)
    // A full bucket and two minutes of inflow are 300 requests.
    let last = world.lastChunkFinished()
    #expect((.seconds(110)...(.seconds(140))).contains(last - start), "\(last - start)")
    let copies = world.cloud.callCounts["sqs:SendMessageBatch"] ?? 0
    // Each plans as if it were alone, so the second one's chunks come too early, and come again.
    #expect((60...300).contains(copies), "\(copies) times a chunk of 60 found the budget used up")
  }

  // MARK: What is done

  private func fill(_ world: ScaleWorld, _ symbols: Int) {
    world.time.run {
      do { try await world.fillUniverse(symbols) } catch { Issue.record(error) }
    }
  }

  /// Lets those tables ask, one after each gap.
  private func dispatch(_ world: ScaleWorld, tables: [Int], gap: Span = .zero) {
    world.time.run {
      await withTaskGroup(of: Void.self) { group in
        for (place, table) in tables.enumerated() {
          group.addTask {
            do { try await world.time.sleep(for: Span(milliseconds: gap.milliseconds * Int64(place))) } catch { return }
            let answer = await world.ask(table: table)
            if answer?["decision"] != "dispatched" {
              world.log.write(LogLine(.error, "not admitted", ["answer": answer?.text ?? "none"]))
            }
          }
        }
      }
    }
    #expect(world.log.lines.filter { $0.level == .error }.isEmpty)
  }

  /// Lets so many pollers of the work queue do what they can in that time.
  private func work(_ world: ScaleWorld, seconds: Int, pollers: Int = 64) {
    world.time.run {
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<pollers { group.addTask { await world.poll() } }
        group.addTask {
          do { try await world.time.sleep(for: .seconds(seconds)) } catch { return }
          world.close()
        }
      }
    }
  }

  // MARK: What must be so

  private func expectAllDone(_ world: ScaleWorld, runs: Int, symbols: Int) {
    #expect(world.statuses() == Array(repeating: "succeeded", count: runs))
    #expect(world.cloud.keys(in: EnvironmentNames(world.settings).rawBucket).count == symbols)
    #expect(world.claims() == Array(repeating: "succeeded", count: runs), "a claim is lost, or still held")
    #expect(world.leftovers() == [])
    #expect(world.log.lines.filter { $0.level == .error }.isEmpty)
  }

  /// No partition key has taken half of what one can in any second.
  private func expectNoHotKey(_ world: ScaleWorld, sourceLocation: SourceLocation = #_sourceLocation) {
    for row in world.cloud.consumed(per: .key) {
      #expect(
        row.peak.writeUnits <= CapacityUse.writeUnitsMax / 2 && row.peak.readUnits <= CapacityUse.readUnitsMax / 2,
        "\(row.name) took \(row.peak.writeUnits) write and \(row.peak.readUnits) read units in one second",
        sourceLocation: sourceLocation)
    }
  }

  /// The row of that name in the document says what was used, to a twentieth or half a unit.
  private func expect(
    _ name: String, _ world: ScaleWorld, per count: Int, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var (writes, indexWrites, reads, writesPeak, readsPeak) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for row in world.cloud.consumed(per: .table) {
      if row.name.contains("/") { indexWrites += row.total.writeUnits } else { writes += row.total.writeUnits }
      reads += row.total.readUnits
    }
    for row in world.cloud.consumed(per: .key) {
      writesPeak = max(writesPeak, row.peak.writeUnits)
      readsPeak = max(readsPeak, row.peak.readUnits)
    }
    let measured = [writes, indexWrites, reads].map { $0 / Double(count) } + [writesPeak, readsPeak]
    let row = "| \(name) | " + measured.map { String(format: "%.1f", $0) }.joined(separator: " | ") + " |"
    let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Docs/Scale.md")
    let document = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
    let line = document.first { $0.hasPrefix("| \(name) |") } ?? ""
    let said: [Double] = line.split(separator: "|").dropFirst().compactMap {
      Double($0.trimmingCharacters(in: .whitespaces))
    }
    let isSo = said.count == measured.count && zip(said, measured).allSatisfy(ScaleTests.isAbout)
    #expect(isSo, "put this row into Docs/Scale.md:\n\(row)", sourceLocation: sourceLocation)
  }

  private static func isAbout(_ said: Double, _ measured: Double) -> Bool {
    abs(said - measured) <= max(0.5, measured / 20)
  }
}
