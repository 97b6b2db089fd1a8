extension EventPattern {
  /// The fields whose wildcards one value may be in more beginnings of than that, by path.
  ///
  /// The language itself refuses what is above `PatternLimits.wildcardComplexityMax`; a lower number tells what comes near.
  public func fieldsOfWildcards(above complexity: Int) -> [String] {
    var known: Set<FieldTest> = []
    return alternatives.joined()
      .filter { !$0.wildcards.isEmpty && known.insert($0).inserted }
      .filter { WildcardComplexity.of($0.wildcards, exceeds: complexity) }
      .map(\.name).sorted()
  }
}
