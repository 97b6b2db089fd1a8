import Patterns

/// The patterns of many rules, matched together in one pass over an event's bytes.
///
/// A value: whoever holds a copy sees no change made to another, and a change copies no more than what it touches.
/// Patterns are known by the number that `add` gave them. It says what `EventPattern.matches` says of each.
public struct PatternMatcher: Sendable {
  private var body: MatcherBody
  /// Patterns that were added and not removed.
  public private(set) var count = 0

  public init() {
    // The seed of the standard library's own hashing differs from process to process; only places in tables follow it.
    var hasher = Hasher()
    hasher.combine(0)
    body = MatcherBody(MatcherTables(seed: UInt64(bitPattern: Int64(hasher.finalize()))))
  }

  /// Adds a pattern; answers its number, counted from zero and never given twice.
  @discardableResult
  public mutating func add(_ pattern: EventPattern) -> Int {
    count += 1
    return change { $0.add(pattern) }
  }

  /// Takes a pattern away; its number stays free.
  ///
  /// - Parameter number: one that `add` gave and that was not removed.
  public mutating func remove(_ number: Int) {
    precondition(body.tables.isLive[number], "pattern \(number) was removed before")
    change { $0.isLive[number] = false }
    count -= 1
  }

  private mutating func change<Value>(_ edit: (inout MatcherTables) -> Value) -> Value {
    if !isKnownUniquelyReferenced(&body) { body = MatcherBody(body.tables) }
    return body.change(edit)
  }

  /// Looks which patterns the event fits; they stand in the workspace afterwards, in no order, each once.
  public func match(_ event: EventText, in workspace: MatchWorkspace) {
    var scan = EventScan(body.view, event, workspace.memory, isWhole: false)
    scan.run()
    if scan.mustCheck { scan.check() }
    scan.clear()
    if workspace.memory.pointee.doubtfulCount > 0 { settle(event, workspace.memory) }
    withExtendedLifetime(body) {}
    withExtendedLifetime(event) {}
    withExtendedLifetime(workspace) {}
  }

  /// Decides the alternatives whose fields lie in elements of one array: it matters then which values lie together.
  private func settle(_ event: EventText, _ memory: UnsafeMutablePointer<WorkspaceMemory>) {
    let record = self.record(event, memory)
    let scan = EventScan(body.view, event, memory, isWhole: true, record: record)
    for place in 0..<memory.pointee.doubtfulCount {
      scan.settle(memory.pointee.doubtful.base[place], record)
    }
  }

  /// A second pass that takes down every value; what the first pass found stays in the workspace.
  private func record(_ event: EventText, _ memory: UnsafeMutablePointer<WorkspaceMemory>) -> LeafRecord {
    let record = LeafRecord()
    var scan = EventScan(body.view, event, memory, isWhole: true, record: record)
    scan.run()
    scan.clear()
    return record
  }

  /// The numbers of the patterns that the event fits, in ascending order.
  public func matches(_ event: EventText) -> [Int] {
    let workspace = MatchWorkspace()
    match(event, in: workspace)
    return workspace.matched.map(Int.init).sorted()
  }

  /// Patterns that an event misses by a single leaf, by number in ascending order.
  public struct NearMisses: Sendable, Hashable {
    /// Those of which another leaf passes.
    public let close: [Int]
    /// Those that have no other leaf; nearly every event misses them so.
    public let others: [Int]
  }

  /// The patterns that the event misses by a single leaf, as `EventPattern.explain` says of each.
  ///
  /// At most `nearMissesExaminedMax` alternatives are looked at, begun where the event's own bytes say, so that of more
  /// than that many the events of a source share the work.
  ///
  /// - Parameter max: how many of each kind are told at most.
  public func nearMisses(_ event: EventText, in workspace: MatchWorkspace, max: Int) -> NearMisses {
    var sorted = SortedOut()
    var scan = EventScan(body.view, event, workspace.memory, isWhole: true)
    scan.run()
    scan.sortOut(examined: PatternMatcher.nearMissesExaminedMax, &sorted)
    scan.clear()
    let memory = workspace.memory
    if memory.pointee.doubtfulCount > 0 {
      let record = self.record(event, memory)
      for place in 0..<memory.pointee.doubtfulCount {
        let subRule = body.tables.subRules[Int(memory.pointee.doubtful.base[place])]
        let program = body.view.pointee.programs + Int(subRule.program)
        guard let misses = record.misses(program, upTo: 1) else { continue }
        sorted.take(subRule.pattern, misses: misses, of: program.pointee)
      }
    }
    withExtendedLifetime(body) {}
    withExtendedLifetime(event) {}
    withExtendedLifetime(workspace) {}
    return sorted.nearMisses(max: max)
  }

  /// Alternatives of patterns that one event is compared with at most when near misses are looked for.
  public static let nearMissesExaminedMax = 4_096
}

/// The tables of a matcher, and where their rows begin.
///
/// Changed only while one matcher holds it, so that readers on other threads see no change.
private final class MatcherBody: @unchecked Sendable {
  private(set) var tables: MatcherTables
  /// Reached by pointer, for a match is too short to count references.
  let view: UnsafeMutablePointer<UnsafeTables>

  init(_ tables: MatcherTables) {
    self.tables = tables
    view = .allocate(capacity: 1)
    view.initialize(to: UnsafeTables(tables))
  }

  deinit { view.deallocate() }

  func change<Value>(_ edit: (inout MatcherTables) -> Value) -> Value {
    let value = edit(&tables)
    view.pointee = UnsafeTables(tables)
    return value
  }
}
