/// A growing row of plain values that copies when a second holder writes, and whose memory is read by pointer.
///
/// Unlike an array it is read without a check of bounds, which is what a match of some hundred nanoseconds can afford.
struct Slab<Element: BitwiseCopyable & Sendable>: Sendable {
  /// Written only while one slab holds it, so that readers on other threads see no change.
  private final class Storage: @unchecked Sendable {
    let base: UnsafeMutablePointer<Element>
    let capacity: Int

    init(capacity: Int) {
      base = .allocate(capacity: capacity)
      self.capacity = capacity
    }

    deinit { base.deallocate() }
  }

  private var storage: Storage
  private(set) var count = 0

  init() {
    storage = Storage(capacity: 4)
  }

  /// Valid as long as the slab is neither changed nor let go.
  var base: UnsafeMutablePointer<Element> { storage.base }

  subscript(index: Int) -> Element {
    get {
      assert(index >= 0 && index < count)
      return storage.base[index]
    }
    set {
      assert(index >= 0 && index < count)
      own(atLeast: count)
      storage.base[index] = newValue
    }
  }

  mutating func append(_ element: Element) {
    own(atLeast: count + 1)
    (storage.base + count).initialize(to: element)
    count += 1
  }

  mutating func append(_ elements: UnsafeBufferPointer<Element>) {
    guard let source = elements.baseAddress else { return }
    own(atLeast: count + elements.count)
    (storage.base + count).initialize(from: source, count: elements.count)
    count += elements.count
  }

  mutating func append(repeating element: Element, count added: Int) {
    own(atLeast: count + added)
    (storage.base + count).initialize(repeating: element, count: added)
    count += added
  }

  /// Makes room for so many elements in all.
  mutating func reserve(_ capacity: Int) {
    own(atLeast: capacity)
  }

  private mutating func own(atLeast needed: Int) {
    if needed <= storage.capacity, isKnownUniquelyReferenced(&storage) { return }
    let grown = needed <= storage.capacity ? storage.capacity : max(needed, storage.capacity * 3 / 2 + 4)
    let next = Storage(capacity: grown)
    next.base.initialize(from: storage.base, count: count)
    storage = next
  }
}
