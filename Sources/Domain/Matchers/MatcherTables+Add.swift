import Patterns

extension MatcherTables {
  /// Takes a pattern in; answers its number.
  mutating func add(_ pattern: EventPattern) -> Int {
    precondition(isLive.count < Int(Int32.max), "a matcher numbers two thousand million patterns at most")
    let number = isLive.count
    isLive.append(true)
    for fields in pattern.alternatives {
      let start = programs.count
      programs.append(UInt32(fields.count))
      for field in fields { write(field) }
      let subRule = UInt32(subRules.count)
      let program = Program(programs.base + start)
      subRules.append(
        SubRule(pattern: UInt32(number), program: UInt32(start), hasKin: hasKin(program)))
      for field in program.indexable { self.fields[Int(field)].requiredCount += 1 }
      file(subRule, program)
    }
    return number
  }

  /// Whether two fields of a program have paths that begin with the same key.
  private func hasKin(_ program: Program) -> Bool {
    var tops: [Int32] = []
    for field in program.fields {
      var node = fields[Int(field)].node
      while nodes[Int(node)].parent > 0 { node = nodes[Int(node)].parent }
      if tops.contains(node) { return true }
      tops.append(node)
    }
    return false
  }

  /// Writes what a field of a pattern asks: the field, marks with the number of atoms, the atoms, and for `anything-but`
  /// the number of its tests, and of each the atoms that must not be hit.
  private mutating func write(_ test: FieldTest) {
    let field = self.field(at: test.path)
    var marks: UInt32 = 0
    var positive: [UInt32] = []
    var negatives: [UInt32] = []
    var negativeCount: UInt32 = 0
    for value in test.tests {
      switch value {
      case .present: marks |= Program.acceptsAny
      case .absent: marks |= Program.acceptsAbsence
      case .noneOf(let tests):
        negativeCount += 1
        var components: [UInt32] = []
        for test in tests {
          let atom = self.atom(field, test)
          guard !components.contains(atom) else { continue }
          components.append(atom)
          if atoms[Int(atom)].component < 0 {
            atoms[Int(atom)].component = Int32(componentCount)
            componentCount += 1
          }
        }
        let overlaps = components.count > 1 && !tests.allSatisfy(MatcherTables.isExclusive)
        negatives.append(UInt32(components.count) | (overlaps ? Program.overlaps : 0))
        negatives += components
      case .text, .address, .number, .null, .bool, .prefix, .suffix, .folded, .foldedPrefix, .foldedSuffix, .wildcard,
        .numeric, .cidr:
        let atom = self.atom(field, value)
        if !positive.contains(atom) { positive.append(atom) }
      }
    }
    if negativeCount > 0 { marks |= Program.hasNegatives }
    programs.append(field)
    programs.append(marks | UInt32(positive.count))
    positive.withUnsafeBufferPointer { programs.append($0) }
    guard negativeCount > 0 else { return }
    programs.append(negativeCount)
    negatives.withUnsafeBufferPointer { programs.append($0) }
  }

  /// Whether a value that passes this test passes no other of its list.
  private static func isExclusive(_ test: ValueTest) -> Bool {
    switch test {
    case .text, .number: true
    case .address, .null, .bool, .prefix, .suffix, .folded, .foldedPrefix, .foldedSuffix, .wildcard, .numeric, .cidr,
      .present, .absent, .noneOf:
      false
    }
  }
}
