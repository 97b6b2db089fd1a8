/// A hash table from the values of fields to the numbers of atoms, in one open row of slots.
///
/// A key of up to eight bytes stands in its slot; of a longer one the slot holds the hash, and the bytes are compared.
/// The hash is seeded, so nobody can choose values that fall into one place.
struct KeyTable: Sendable {
  struct Slot: BitwiseCopyable, Sendable {
    var word: UInt64
    var tag: UInt32
    var value: UInt32
  }

  static let none = UInt32.max
  private static let one: UInt64 = 0x8E9D_5F0C_A437_B1D3
  private static let two: UInt64 = 0xD1B5_4A32_D192_ED03

  private(set) var slots = Slab<Slot>()
  private(set) var count = 0
  private(set) var mask = 15
  let seed: UInt64

  init(seed: UInt64) {
    self.seed = seed
    slots.append(repeating: Slot(word: 0, tag: 0, value: KeyTable.none), count: 16)
  }

  /// Up to eight bytes themselves, of more the hash; eight bytes must be readable from the beginning.
  @inline(__always)
  static func word(_ key: UnsafePointer<UInt8>, _ count: Int, seed: UInt64) -> UInt64 {
    let head = UnsafeRawPointer(key).loadUnaligned(as: UInt64.self)
    if count <= 8 { return count == 8 ? head : head & ((1 << (UInt64(count) &* 8)) &- 1) }
    return hash(key, count, seed: seed)
  }

  private static func hash(_ key: UnsafePointer<UInt8>, _ count: Int, seed: UInt64) -> UInt64 {
    let raw = UnsafeRawPointer(key)
    var state = seed ^ one
    var place = 0
    while place &+ 16 < count {
      state = mix(
        raw.loadUnaligned(fromByteOffset: place, as: UInt64.self) ^ one,
        raw.loadUnaligned(fromByteOffset: place &+ 8, as: UInt64.self) ^ state)
      place &+= 16
    }
    let start = count >= 16 ? count &- 16 : 0
    let left = raw.loadUnaligned(fromByteOffset: start, as: UInt64.self)
    let right = raw.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
    return mix(left ^ two ^ UInt64(truncatingIfNeeded: count), right ^ state)
  }

  @inline(__always)
  private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.low ^ product.high
  }

  @inline(__always)
  static func place(_ word: UInt64, _ tag: UInt32, seed: UInt64) -> Int {
    Int(truncatingIfNeeded: mix(word ^ seed, (UInt64(tag) << 32) ^ one ^ seed))
  }

  /// The first value of that word and tag that fits; `none` if there is no such.
  @inline(__always)
  static func find(
    _ slots: UnsafePointer<Slot>, mask: Int, seed: UInt64, _ word: UInt64, _ tag: UInt32, fits: (UInt32) -> Bool
  ) -> UInt32 {
    var index = place(word, tag, seed: seed) & mask
    while true {
      let slot = slots[index]
      if slot.value == none { return none }
      if slot.word == word, slot.tag == tag, fits(slot.value) { return slot.value }
      index = (index &+ 1) & mask
    }
  }

  func find(_ word: UInt64, _ tag: UInt32, fits: (UInt32) -> Bool) -> UInt32 {
    KeyTable.find(slots.base, mask: mask, seed: seed, word, tag, fits: fits)
  }

  mutating func insert(_ word: UInt64, _ tag: UInt32, _ value: UInt32) {
    if (count + 1) * 2 > mask + 1 { grow() }
    put(Slot(word: word, tag: tag, value: value))
    count += 1
  }

  /// Gives a word and tag that are there once another value.
  mutating func replace(_ word: UInt64, _ tag: UInt32, with value: UInt32) {
    var index = KeyTable.place(word, tag, seed: seed) & mask
    while slots[index].word != word || slots[index].tag != tag || slots[index].value == KeyTable.none {
      precondition(slots[index].value != KeyTable.none, "only what is there can be replaced")
      index = (index + 1) & mask
    }
    slots[index].value = value
  }

  private mutating func put(_ slot: Slot) {
    var index = KeyTable.place(slot.word, slot.tag, seed: seed) & mask
    while slots[index].value != KeyTable.none { index = (index + 1) & mask }
    slots[index] = slot
  }

  private mutating func grow() {
    let old = slots
    mask = (mask + 1) * 2 - 1
    slots = Slab()
    slots.append(repeating: Slot(word: 0, tag: 0, value: KeyTable.none), count: mask + 1)
    for index in 0..<old.count where old[index].value != KeyTable.none { put(old[index]) }
  }
}
