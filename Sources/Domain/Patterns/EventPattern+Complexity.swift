extension EventPattern {
  /// The fields whose wildcards one value may be in more beginnings of than that, by path.
  ///
  /// The language itself refuses what is above `PatternLimits.wildcardComplexityMax`; a lower number tells what comes near.
  public func fieldsOfWildcards(above complexity: Int) -> [String] {
    let fields = alternatives.joined().filter { field in
      WildcardComplexity.of(Set(field.tests.filter { !$0.wildcards.isEmpty }), exceeds: complexity)
    }
    return Set(fields.map(\.name)).sorted()
  }
}
