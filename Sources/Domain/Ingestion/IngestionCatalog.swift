/// What may be ingested: the registered sources and tables, which the business rules of D15 look up.
public struct IngestionCatalog: Sendable, Hashable {
  /// What a source bears.
  public struct SourceLimits: Sendable, Hashable {
    /// Symbols of one chunk at most.
    public let chunkSizeMax: Int

    public init(chunkSizeMax: Int) {
      self.chunkSizeMax = chunkSizeMax
    }
  }

  /// A table of a domain.
  public struct Table: Sendable, Hashable {
    public let domain: String
    public let name: String

    public init(domain: String, name: String) {
      self.domain = domain
      self.name = name
    }
  }

  /// By the name that requests give in `data_source`.
  public let dataSources: [String: SourceLimits]
  public let tables: Set<Table>

  public init(dataSources: [String: SourceLimits], tables: Set<Table>) {
    self.dataSources = dataSources
    self.tables = tables
  }
}
