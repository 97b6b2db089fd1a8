/// The bounds of the filter-pattern language.
public enum FilterPatternLimits {
  /// Characters of a pattern at most.
  ///
  /// Source: the `FilterPattern` shape of the CloudWatch Logs service model.
  public static let charactersMax = 1_024

  /// Regular expressions in one pattern at most.
  ///
  /// Source: CloudWatch Logs user guide, "Supported regular expressions (regex) syntax", quotas.
  public static let regexesMax = 2

  /// Wildcard selectors (`[*]` or `.*`) in one property selector at most.
  ///
  /// Source: CloudWatch Logs user guide, "Using filter patterns to match terms in JSON log events", quotas.
  public static let wildcardsPerSelectorMax = 1

  /// Wildcard selectors in one pattern at most.
  ///
  /// Source: the same page, quotas of compound expressions.
  public static let wildcardsMax = 3

  /// Parentheses inside each other at most; our own bound, so that reading never runs out of stack.
  public static let nestingMax = 64

  /// Times that `{m,n}` may repeat at most; our own bound.
  public static let repetitionsMax = 255

  /// Steps that one regular expression may compile to at most; our own bound on the time a byte of a message costs.
  public static let regexStepsMax = 2_000

  /// Digits of an array index at most; our own bound, above any array that fits into an event.
  public static let indexDigitsMax = 7
}
