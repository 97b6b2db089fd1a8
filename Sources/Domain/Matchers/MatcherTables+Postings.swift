/// Which sub-rules an event's hits make candidates: each stands under the atoms of one field, and where they are many
/// under those of a second and a third, so that what is checked stays few however many rules there are.
extension MatcherTables {
  /// Candidates of one node before it is split.
  static let entriesMax = 12
  /// Atoms of one field by which a sub-rule is filed at most; it is filed under each of them.
  static let splitAtomsMax = 8
  /// Fields that one sub-rule is filed by at most.
  static let splitsMax = 4

  /// Files a sub-rule under the field that tells most.
  mutating func file(_ subRule: UInt32, _ program: Program) {
    guard let field = access(program) else {
      var node = always
      if let needed = program.presence {
        node = fields[Int(needed)].posting
        fields[Int(needed)].posting = fileEntry(subRule, at: node, program, used: [])
      } else {
        always = fileEntry(subRule, at: node, program, used: [])
      }
      return
    }
    for atom in program.atoms(field) {
      let node = atoms[Int(atom)].posting
      let filed = fileEntry(subRule, at: node, program, used: [field])
      atoms[Int(atom)].posting = filed
      atoms[Int(atom)].load += 1
    }
  }

  /// The field under whose atoms the fewest candidates will be checked, by what is known so far: those filed there
  /// already, over the number of values that the field tells apart.
  private func access(_ program: Program) -> UInt32? {
    var best: (field: UInt32, cost: Double)?
    for field in program.indexable {
      var load = 0.0
      for atom in program.atoms(field) { load += Double(atoms[Int(atom)].load) + 1 }
      let cost = load / Double(fields[Int(field)].atomCount)
      if cost < best?.cost ?? .infinity { best = (field, cost) }
    }
    return best?.field
  }

  /// Files a sub-rule at a node and answers the node, which is made if there is none.
  private mutating func fileEntry(_ subRule: UInt32, at node: Int32, _ program: Program, used: [UInt32]) -> Int32 {
    var place = node
    if place < 0 {
      place = Int32(postings.count)
      postings.append(PostingNode())
    }
    var current = place
    while true {
      let known = postings[Int(current)]
      if known.splitField >= 0 {
        let field = UInt32(known.splitField)
        if program.canSplit(field) {
          for atom in program.atoms(field) { fileSplit(subRule, current, atom, program, used + [field]) }
          return place
        }
        if known.rest < 0 {
          let rest = Int32(postings.count)
          postings.append(PostingNode())
          postings[Int(current)].rest = rest
        }
        current = postings[Int(current)].rest
        continue
      }
      append(entry(subRule, program, used), to: Int(current))
      if Int(postings[Int(current)].count) > MatcherTables.entriesMax { split(current, used) }
      return place
    }
  }

  private mutating func fileSplit(
    _ subRule: UInt32, _ node: Int32, _ atom: UInt32, _ program: Program, _ used: [UInt32]
  ) {
    let word = MatcherTables.splitWord(node, atom)
    let known = splits.find(word, 0) { _ in true }
    let filed = fileEntry(subRule, at: known == KeyTable.none ? -1 : Int32(known), program, used: used)
    if known == KeyTable.none { splits.insert(word, 0, UInt32(filed)) }
  }

  @inline(__always)
  static func splitWord(_ node: Int32, _ atom: UInt32) -> UInt64 {
    UInt64(UInt32(bitPattern: node)) << 32 | UInt64(atom)
  }

  /// With the field that tells most beside those that led here.
  private func entry(_ subRule: UInt32, _ program: Program, _ used: [UInt32]) -> Entry {
    var entry = Entry(subRule: subRule)
    var best: UInt32 = 0
    for field in program.indexable where !used.contains(field) {
      let atoms = program.atoms(field)
      let count = fields[Int(field)].atomCount
      guard let first = atoms.first, let last = atoms.last, atoms.count <= 2, count > best else { continue }
      best = count
      entry.first = first
      entry.second = last
    }
    return entry
  }

  private mutating func append(_ entry: Entry, to node: Int) {
    var known = postings[node]
    if known.count == known.capacity {
      let grown = known.capacity == 0 ? 2 : known.capacity * 2
      let first = UInt32(entries.count)
      entries.append(repeating: Entry(), count: Int(grown))
      for place in 0..<Int(known.count) { entries[Int(first) + place] = entries[Int(known.first) + place] }
      known.first = first
      known.capacity = grown
    }
    entries[Int(known.first + known.count)] = entry
    known.count += 1
    postings[node] = known
  }

  /// Splits a node by the field that most of its sub-rules can be filed under; it stays whole if there is none, and is
  /// tried again when it has doubled.
  private mutating func split(_ node: Int32, _ used: [UInt32]) {
    let known = postings[Int(node)]
    guard used.count < MatcherTables.splitsMax else { return }
    guard known.count == known.capacity || Int(known.count) == MatcherTables.entriesMax + 1 else { return }
    var votes: [UInt32: Int] = [:]
    let members = (0..<Int(known.count)).map { entries[Int(known.first) + $0].subRule }
    let programs = members.map { Program(self, $0) }
    for program in programs {
      for field in program.indexable where !used.contains(field) && program.canSplit(field) {
        votes[field, default: 0] += 1
      }
    }
    let best = votes.max {
      ($0.value, fields[Int($0.key)].atomCount, $1.key) < ($1.value, fields[Int($1.key)].atomCount, $0.key)
    }
    guard let best, best.value * 2 > members.count else { return }
    postings[Int(node)].splitField = Int32(best.key)
    postings[Int(node)].count = 0
    for (member, program) in zip(members, programs) {
      _ = fileEntry(member, at: node, program, used: used)
    }
  }
}

/// What a sub-rule asks, read back from its program.
struct Program {
  /// Marks in the second word of a field's part, above the number of its atoms.
  static let acceptsAbsence: UInt32 = 1 << 31
  static let acceptsAny: UInt32 = 1 << 30
  static let hasNegatives: UInt32 = 1 << 29
  static let countMask: UInt32 = 1 << 29 - 1
  /// Marks an `anything-but` of which one value may hit several members.
  static let overlaps: UInt32 = 1 << 31

  private(set) var fields: [UInt32] = []
  /// Fields of which an atom must be hit.
  private(set) var indexable: [UInt32] = []
  /// A field that must have a value, if no atom need be hit anywhere.
  private(set) var presence: UInt32?
  private var lists: [(field: UInt32, atoms: [UInt32])] = []

  init(_ tables: MatcherTables, _ subRule: UInt32) {
    self.init(tables.programs.base + Int(tables.subRules[Int(subRule)].program))
  }

  init(_ words: UnsafePointer<UInt32>) {
    var place = 1
    for _ in 0..<words[0] {
      let field = words[place]
      fields.append(field)
      let marks = words[place + 1]
      let count = Int(marks & Program.countMask)
      place += 2
      let mustHit = marks & (Program.acceptsAbsence | Program.acceptsAny | Program.hasNegatives) == 0
      if mustHit {
        indexable.append(field)
        lists.append((field, Array(UnsafeBufferPointer(start: words + place, count: count))))
      } else if marks & Program.acceptsAbsence == 0 {
        presence = field
      }
      place += count
      if marks & Program.hasNegatives != 0 {
        let negatives = words[place]
        place += 1
        for _ in 0..<negatives { place += 1 + Int(words[place] & ~Program.overlaps) }
      }
    }
  }

  func atoms(_ field: UInt32) -> [UInt32] {
    lists.first { $0.field == field }?.atoms ?? []
  }

  func canSplit(_ field: UInt32) -> Bool {
    lists.contains { $0.field == field && $0.atoms.count <= MatcherTables.splitAtomsMax }
  }
}
