import Events

extension ClockChangePreview {
  /// The change and what comes of it, as commands and views show it.
  public func json(in language: WordsLanguage) -> JSON {
    [
      "zone": .string(change.zone), "instant": .string(change.instant.description),
      "from": .string("\(change.from.text) \(change.lettersBefore)"),
      "to": .string("\(change.to.text) \(change.lettersAfter)"), "effects": JSON(words(in: language)),
    ]
  }
}
