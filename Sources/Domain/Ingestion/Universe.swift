import Events

/// The symbols of an environment: all that a request without a list asks for (D7).
public struct Universe: Sendable, Hashable {
  public enum Source: String, Sendable, Hashable, Codable {
    /// The parameter `/{environment}/customer-data/ingestion/symbols`, or its embedded twin.
    case parameter
    /// The environment's `ingestion_symbols`, for want of a parameter.
    case defaults
  }

  /// In the order in which they were added; none twice.
  public let symbols: [String]
  public let source: Source

  public init(symbols: [String], source: Source) {
    self.symbols = SymbolList.unique(symbols)
    self.source = source
  }

  /// The universe after a change: what was removed goes first, so a symbol on both lists stays.
  ///
  /// Where no parameter exists yet the change starts from the defaults, and makes the parameter.
  public func applying(_ change: UniverseChange) -> Universe {
    let removed = Set(change.removed)
    return Universe(symbols: symbols.filter { !removed.contains($0) } + change.added, source: .parameter)
  }
}

/// What a `Universe Updated` event asks for (§2, D5).
public struct UniverseChange: Sendable, Hashable {
  /// The event's id, so that a redelivery is the same change.
  public let id: String
  public let added: [String]
  public let removed: [String]
  /// UTC midnight of `effective_date`; the event's own time if that is past or absent.
  public let effectiveAt: Timestamp

  public init(id: String, added: [String], removed: [String], effectiveAt: Timestamp) {
    self.id = id
    self.added = added
    self.removed = removed
    self.effectiveAt = effectiveAt
  }

  /// Reads the detail of the event; refuses malformed symbols and dates, naming each.
  public static func read(_ event: Event) -> Result<UniverseChange, Refusal> {
    var violations: [Violation] = []
    let added = symbols("added_symbols", of: event, &violations)
    let removed = symbols("removed_symbols", of: event, &violations)
    var effectiveAt = event.time
    if let date = event.detail["effective_date"] {
      if let text = date.string, RequestFields.isDate(text), let midnight = CivilTime(text) {
        effectiveAt = max(effectiveAt, midnight.asUTC)
      } else {
        let shown = RequestFields.shown(date)
        violations.append(
          Violation(
            .malformedEvent, field: "effective_date", "effective_date \(shown) is not a date like 2025-09-10"))
      }
    }
    if let refusal = Refusal(violations) { return .failure(refusal) }
    return .success(UniverseChange(id: event.id, added: added, removed: removed, effectiveAt: effectiveAt))
  }

  private static func symbols(_ name: String, of event: Event, _ violations: inout [Violation]) -> [String] {
    guard let list = event.detail[name] else { return [] }
    switch SymbolList.read(list, field: name, counts: 0...SymbolList.updateMax) {
    case .success(let symbols): return symbols
    case .failure(let refusal):
      violations += refusal.violations
      return []
    }
  }
}
