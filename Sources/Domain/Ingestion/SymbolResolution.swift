/// Which symbols a request ends up with (D7).
public struct SymbolResolution: Sendable, Hashable {
  /// At least one, none twice.
  public let symbols: [String]
  public let warnings: [String]

  /// Checks the request's list against the universe, or takes the universe where there is no list.
  ///
  /// Refuses with `noSymbols` when nothing is left.
  public static func resolve(
    _ request: IngestionRequest, universe: Universe
  ) -> Result<SymbolResolution, Refusal> {
    if request.forceSymbols {
      return result(request.symbols ?? [], [], otherwise: "force_symbols is true, but the request lists no symbols")
    }
    guard let asked = request.symbols else {
      return result(universe.symbols, [], otherwise: "the request lists no symbols, and the symbol universe is empty")
    }
    guard !universe.symbols.isEmpty else {
      return result(asked, ["the symbol universe is empty: the request's symbols are taken as given"], otherwise: "")
    }
    let members = Set(universe.symbols)
    let unknown = asked.filter { !members.contains($0) }
    let names = unknown.joined(separator: ", ")
    let warnings = unknown.isEmpty ? [] : ["not in the symbol universe, dropped: \(names)"]
    return result(
      asked.filter { members.contains($0) }, warnings, otherwise: "none of \(names) is in the symbol universe")
  }

  private static func result(
    _ symbols: [String], _ warnings: [String], otherwise fault: String
  ) -> Result<SymbolResolution, Refusal> {
    if symbols.isEmpty { return .failure(Refusal(.noSymbols, field: "symbols", fault)) }
    return .success(SymbolResolution(symbols: symbols, warnings: warnings))
  }
}
