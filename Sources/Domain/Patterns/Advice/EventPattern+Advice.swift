import Events

extension EventPattern {
  /// Explains why the event does not match, and what would mend each leaf that fails.
  ///
  /// It looks at the alternative that fails least, the first of them if several do.
  ///
  /// - Parameter event: the whole envelope; of anything but an object every leaf fails, and nothing is advised.
  public func advise(_ event: JSON) -> PatternAdvice {
    let explanation = explain(event)
    guard !explanation.matched else { return PatternAdvice(matched: true, leaves: []) }
    guard event.members != nil, let fields = closest(to: event, failing: explanation.failures.count) else {
      return PatternAdvice(
        matched: false,
        leaves: explanation.failures.map {
          LeafAdvice(failure: $0, hints: [], eventChange: nil, patternChange: nil)
        })
    }
    let failing = AdviceTrial.failures(fields, event)
    let trial = AdviceTrial(fields: fields, failing: Set(failing.map(\.path)), event: event)
    let leaves = zip(failing, explanation.failures).map { field, failure in
      var leaf = LeafAdviser(field: field, event: event, trial: trial)
      return LeafAdvice(
        failure: failure, hints: leaf.hints(), eventChange: leaf.eventChange(), patternChange: leaf.patternChange())
    }
    return PatternAdvice(matched: false, leaves: leaves)
  }

  private func closest(to event: JSON, failing count: Int) -> [FieldTest]? {
    alternatives.first { AdviceTrial.failures($0, event).count == count }
  }
}

/// One alternative and one event, and whether a change of either mends a leaf.
struct AdviceTrial {
  let fields: [FieldTest]
  /// The paths of the leaves that fail as things are.
  let failing: Set<[UInt8]>
  let event: JSON

  /// How many changes may be tried for one leaf.
  var trialsMax: Int {
    let share = AdviceLimits.trialBytesMax / max(1, event.bytes.count * max(1, failing.count))
    return min(AdviceLimits.trialsMax, max(AdviceLimits.trialsMin, share))
  }

  /// Whether the leaf passes in that event, by itself and beside the others, and no other leaf fails that passed before.
  func isMended(_ path: [UInt8], in changed: JSON) -> Bool {
    guard let field = fields.first(where: { $0.path == path }), AdviceTrial.failures([field], changed).isEmpty else {
      return false
    }
    return isMended(path, AdviceTrial.failures(fields, changed))
  }

  /// Whether the pattern with that leaf in the place of the one at the path mends it.
  func isMended(_ path: [UInt8], by leaf: FieldTest) -> Bool {
    let others = fields.filter { $0.path != path && $0.path != leaf.path }
    let changed = (others + [leaf]).sorted { $0.name.utf16.lexicographicallyPrecedes($1.name.utf16) }
    return isMended(leaf.path, AdviceTrial.failures(changed, event))
  }

  private func isMended(_ path: [UInt8], _ now: [FieldTest]) -> Bool {
    now.allSatisfy { $0.path != path && failing.contains($0.path) }
  }

  static func failures(_ fields: [FieldTest], _ event: JSON) -> [FieldTest] {
    var match = PatternMatch(fields, in: EventLeaves(event, at: PathSet([fields])))
    return match.failures()
  }

  /// A leaf that the compiler makes; nil if it refuses it, or it would be longer than a pattern may be.
  static func leaf(at path: String, wanting list: String) -> FieldTest? {
    let text = "{\(JSON.string(path).text):\(list)}"
    guard text.utf16.count <= PatternLimits.sizeMax else { return nil }
    do throws(PatternError) {
      var compiler = PatternCompiler(text)
      return try compiler.compile().first?.first
    } catch {
      return nil
    }
  }
}
