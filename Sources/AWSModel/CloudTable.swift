/// A table of DynamoDB as it was created, on demand.
public struct CloudTable: Sendable, Hashable {
  /// An attribute that is part of a key.
  public struct Key: Sendable, Hashable {
    /// Raw values are DynamoDB's own.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
      case string = "S"
      case number = "N"
      case binary = "B"
    }

    public let name: String
    public let kind: Kind

    public init(_ name: String, _ kind: Kind = .string) {
      self.name = name
      self.kind = kind
    }
  }

  /// A global secondary index with all attributes projected.
  public struct Index: Sendable, Hashable {
    public let name: String
    public let hash: Key
    public let range: Key?

    public init(_ name: String, hash: Key, range: Key? = nil) {
      self.name = name
      self.hash = hash
      self.range = range
    }

    var keys: [Key] { range.map { [hash, $0] } ?? [hash] }
  }

  public let name: String
  public let hash: Key
  public let range: Key?
  public let indexes: [Index]

  public init(_ name: String, hash: Key, range: Key? = nil, indexes: [Index] = []) {
    self.name = name
    self.hash = hash
    self.range = range
    self.indexes = indexes
  }

  var keys: [Key] { range.map { [hash, $0] } ?? [hash] }
}
