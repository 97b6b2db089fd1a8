import Events

/// The bounds of the pattern language: each is checked here, except the size, which whoever stores a pattern checks.
public enum PatternLimits {
  /// Characters of a pattern that an account may use before its quota is raised.
  ///
  /// Source: AWS, "Amazon EventBridge quotas", event pattern size.
  public static let sizeDefaultMax = 2_048

  /// Characters of a pattern at most; the wire refuses longer ones before they get here.
  ///
  /// Source: AWS, the `EventPattern` shape of the EventBridge service model.
  public static let sizeMax = 4_096

  /// Fields of one alternative of a pattern at most.
  ///
  /// Source: event-ruler 2.0.1.
  public static let fieldsMax = 256

  /// Alternatives that the `$or` of a pattern may multiply to at most.
  ///
  /// Source: our own bound; the library has none, and nine lists of four would make 262,144.
  public static let subRulesMax = 1_000

  /// Objects and arrays inside each other at most; Jackson's limit, so EventBridge's.
  public static let depthMax = JSON.depthMax

  /// Beginnings of a field's wildcards that one value may be in at the same time, at most.
  ///
  /// Source: EventBridge took patterns of 7 and refused one of 11; its own number lies between.
  public static let wildcardComplexityMax = 10

  /// Steps from one set of such beginnings to another that are looked at before a field counts as too complex.
  ///
  /// Source: our own bound; a few wildcards take hundreds.
  public static let wildcardStepsMax = 100_000

  /// Attempts at choosing one more value beside those chosen, while one event is held against one alternative, at most;
  /// what would take more does not match.
  ///
  /// Source: our own bound. Without repeated keys an event takes few more attempts than it has values; with them they
  /// would be exponential.
  public static let joinsMax = 100_000

  /// Characters of the pattern that an error quotes at most.
  ///
  /// Source: Jackson's `ContentReference`.
  public static let quotedMax = 500
}
