import Events

/// An instant at which a rule will fire.
struct Fire: Sendable, Hashable {
  let at: Timestamp
  let rule: String
  let words: String

  /// Those that the status lists, in order of time.
  static func all(in status: JSON) -> [Fire] {
    (status["rules"]?.elements ?? []).flatMap { rule in
      (rule["next_fires"]?.elements ?? []).compactMap { instant in
        instant.string.flatMap { Timestamp($0) }
          .map { Fire(at: $0, rule: rule.word("name"), words: rule.word("plain_words")) }
      }
    }
    .sorted { ($0.at, $0.rule) < ($1.at, $1.rule) }
  }
}
