/// Small sets of small numbers: number n is bit n.
extension UInt64 {
  init(members: [Int]) {
    self = members.reduce(0) { $0 | 1 << UInt64($1) }
  }

  func contains(_ member: Int) -> Bool {
    self &>> UInt64(member) & 1 == 1
  }

  /// The smallest member that is at least `floor`, which may lie beyond the last bit.
  func first(from floor: Int) -> Int? {
    guard floor < 64 else { return nil }
    let rest = self & ~0 &<< UInt64(floor)
    return rest == 0 ? nil : rest.trailingZeroBitCount
  }

  /// The largest member that is at most `ceiling`, which may be negative.
  func last(upTo ceiling: Int) -> Int? {
    guard ceiling >= 0 else { return nil }
    let rest = ceiling >= 63 ? self : self & (2 &<< UInt64(ceiling) &- 1)
    return rest == 0 ? nil : 63 - rest.leadingZeroBitCount
  }

  /// In ascending order.
  var members: [Int] {
    (0..<64).filter { contains($0) }
  }
}

/// A set of the years 1970 to 2199, without a heap.
struct YearSet: Sendable, Hashable {
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  /// All of them.
  static let every = YearSet(Array(1970...2199))

  init(_ years: [Int]) {
    for year in years { insert(year - 1970) }
  }

  private mutating func insert(_ index: Int) {
    precondition((0..<230).contains(index), "years run from 1970 to 2199")
    let bit = UInt64(members: [index % 64])
    switch index / 64 {
    case 0: words.0 |= bit
    case 1: words.1 |= bit
    case 2: words.2 |= bit
    default: words.3 |= bit
    }
  }

  private func word(_ index: Int) -> UInt64 {
    switch index {
    case 0: words.0
    case 1: words.1
    case 2: words.2
    default: words.3
    }
  }

  func contains(_ year: Int) -> Bool {
    (1970...2199).contains(year) && word((year - 1970) / 64).contains((year - 1970) % 64)
  }

  /// The earliest member that is not before `year`.
  func first(from year: Int) -> Int? {
    let index = max(0, year - 1970)
    var place = index / 64
    var floor = index % 64
    while place < 4 {
      if let bit = word(place).first(from: floor) { return 1970 + place * 64 + bit }
      place += 1
      floor = 0
    }
    return nil
  }

  /// The latest member that is not after `year`.
  func last(upTo year: Int) -> Int? {
    guard year >= 1970 else { return nil }
    let index = min(year - 1970, 229)
    var place = index / 64
    var ceiling = index % 64
    while place >= 0 {
      if let bit = word(place).last(upTo: ceiling) { return 1970 + place * 64 + bit }
      place -= 1
      ceiling = 63
    }
    return nil
  }

  /// In ascending order.
  var members: [Int] { (1970...2199).filter { contains($0) } }

  static func == (left: YearSet, right: YearSet) -> Bool { left.words == right.words }

  func hash(into hasher: inout Hasher) {
    for index in 0..<4 { hasher.combine(word(index)) }
  }
}
