import AWSPorts

/// A value of a key attribute, in DynamoDB's order: strings by their bytes.
enum KeyPart: Sendable, Hashable, Comparable {
  case text([UInt8])
  case number(ExactDecimal)
  case bytes([UInt8])

  /// nil if no key has values of that type.
  init?(_ value: AttributeValue) {
    switch value {
    case .string(let text): self = .text(Array(text.utf8))
    case .number(let number): self = .number(number)
    case .binary(let bytes): self = .bytes(bytes)
    case .bool, .null, .list, .map, .strings, .numbers, .binaries: return nil
    }
  }

  /// For people: the string, or the number.
  var shown: String {
    switch self {
    case .text(let text): String(decoding: text, as: UTF8.self)
    case .number(let number): number.text
    case .bytes(let bytes): Base64Bytes.text(of: bytes)
    }
  }

  func begins(with start: KeyPart) -> Bool {
    switch (self, start) {
    case (.text(let bytes), .text(let start)), (.bytes(let bytes), .bytes(let start)): bytes.starts(with: start)
    case (.text, _), (.number, _), (.bytes, _): false
    }
  }

  static func < (left: KeyPart, right: KeyPart) -> Bool {
    switch (left, right) {
    case (.text(let one), .text(let two)), (.bytes(let one), .bytes(let two)): one.lexicographicallyPrecedes(two)
    case (.number(let one), .number(let two)): one < two
    case (.text, _), (.number, .bytes): true
    case (.number, .text), (.bytes, _): false
    }
  }
}

/// What identifies an item in its table.
struct ItemKey: Sendable, Hashable, Comparable {
  let hash: KeyPart
  let range: KeyPart?

  static func < (left: ItemKey, right: ItemKey) -> Bool {
    left.hash == right.hash ? KeyIndex.precedes(left.range, right.range) : left.hash < right.hash
  }
}

/// Keys of items by partition, each partition in the order that queries give.
struct KeyIndex: Sendable {
  struct Entry: Sendable, Hashable, Comparable {
    let range: KeyPart?
    let item: ItemKey

    static func < (left: Entry, right: Entry) -> Bool {
      left.range == right.range ? left.item < right.item : KeyIndex.precedes(left.range, right.range)
    }
  }

  private(set) var partitions: [KeyPart: [Entry]] = [:]

  static func precedes(_ left: KeyPart?, _ right: KeyPart?) -> Bool {
    guard let left, let right else { return left == nil && right != nil }
    return left < right
  }

  mutating func insert(_ entry: Entry, in partition: KeyPart) {
    let place = (partitions[partition] ?? []).firstPlace { $0 >= entry }
    partitions[partition, default: []].insert(entry, at: place)
  }

  mutating func remove(_ entry: Entry, from partition: KeyPart) {
    guard let entries = partitions[partition] else { return }
    let place = entries.firstPlace { $0 >= entry }
    guard place < entries.count, entries[place] == entry else { return }
    partitions[partition]?.remove(at: place)
    if entries.count == 1 { partitions[partition] = nil }
  }
}

extension CloudTable {
  static let hashBytesMax = 2_048
  static let rangeBytesMax = 1_024

  /// The key that an item has, whatever else it holds.
  func key(of item: Item) throws(AWSError) -> ItemKey {
    for key in keys {
      guard let value = item[key.name] else { throw .invalidValues("Missing the key \(key.name) in the item") }
      guard value.type == key.kind.rawValue else {
        throw .invalidValues("Type mismatch for key \(key.name) expected: \(key.kind.rawValue) actual: \(value.type)")
      }
    }
    return try checkedKey(item)
  }

  /// The key that a request names: these attributes and no others.
  func key(named item: Item) throws(AWSError) -> ItemKey {
    guard item.count == keys.count, keys.allSatisfy({ item[$0.name]?.type == $0.kind.rawValue }) else {
      throw .validation("The provided key element does not match the schema")
    }
    return try checkedKey(item)
  }

  private func checkedKey(_ item: Item) throws(AWSError) -> ItemKey {
    for (key, bytesMax) in zip(keys, [CloudTable.hashBytesMax, CloudTable.rangeBytesMax]) {
      let size = item[key.name]?.size ?? 0
      guard size > 0 else {
        throw .validation(
          "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
            + "empty string value. Key: \(key.name)")
      }
      guard size <= bytesMax else {
        throw .invalidValues(
          "Size of \(key == hash ? "hash" : "range")key has exceeded the maximum size limit of \(bytesMax) bytes")
      }
    }
    guard let found = ItemKey(item, hash: hash, range: range) else { throw .validation("no key") }
    return found
  }

  /// Refuses an item whose attributes can't be keys of an index.
  func requireIndexable(_ item: Item) throws(AWSError) {
    for index in indexes {
      for key in index.keys {
        guard let value = item[key.name] else { continue }
        guard value.type == key.kind.rawValue else {
          throw .invalidValues(
            "Type mismatch for Index Key \(key.name) Expected: \(key.kind.rawValue) Actual: \(value.type) "
              + "IndexName: \(index.name)")
        }
        guard value.size > 0 else {
          throw .validation(
            "One or more parameter values are not valid. A value specified for a secondary index key is not supported. "
              + "The AttributeValue for a key attribute cannot contain an empty string value. "
              + "IndexName: \(index.name), IndexKey: \(key.name)")
        }
      }
    }
  }
}

extension ItemKey {
  /// nil if the item lacks a part of it: it is not in that index.
  init?(_ item: Item, hash: CloudTable.Key, range: CloudTable.Key?) {
    guard let value = item[hash.name], let part = KeyPart(value) else { return nil }
    self.hash = part
    guard let range else {
      self.range = nil
      return
    }
    guard let value = item[range.name], let part = KeyPart(value) else { return nil }
    self.range = part
  }
}
