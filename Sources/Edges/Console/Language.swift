import Events

/// What the console is written in.
public enum Language: String, Sendable, Hashable, CaseIterable {
  case english = "en"
  case korean = "ko"

  /// The first language of an `Accept-Language` header that there is; English if none is.
  public init(accepting header: String) {
    let tags = header.split(separator: ",").map {
      $0.prefix { $0 != ";" && $0 != "-" }.filter { $0 != " " }.lowercased()
    }
    self = tags.lazy.compactMap { Language(rawValue: $0) }.first ?? .english
  }

  /// As it calls itself.
  var name: String {
    switch self {
    case .english: "English"
    case .korean: "한국어"
    }
  }
}

/// The console's own texts in one language; what the ledger recorded stays in the words it was recorded in.
struct Words: Sendable {
  let language: Language

  /// The text for an English one, with `%1`, `%2` … replaced. A text without a translation stays English.
  func callAsFunction(_ english: String, _ values: String...) -> String {
    var text = english
    switch language {
    case .english: break
    case .korean: text = Korean.texts[english] ?? english
    }
    for (place, value) in values.enumerated() { text = text.replacing("%\(place + 1)", with: value) }
    return text
  }

  /// A word of our vocabulary as people read it: `partly_failed` is `partly failed`.
  func spoken(_ word: String) -> String { self(Console.spoken(word)) }

  /// `7 h`; Korean writes the unit close.
  func amount(_ number: String, _ unit: String) -> String {
    switch language {
    case .english: "\(number) \(unit)"
    case .korean: number + self(unit)
    }
  }

  /// `1 cause`, `3 causes`; Korean has no plural.
  func counted(_ count: Int, _ noun: String) -> String {
    switch language {
    case .english: Console.counted(count, noun)
    case .korean: "\(self(noun)) \(count)"
    }
  }
}
