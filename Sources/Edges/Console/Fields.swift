import Mustache

/// What a template may show; there is no way to hand it text that is not escaped.
enum Field: ExpressibleByStringLiteral {
  case text(String)
  case flag(Bool)
  case rows([Fields])
  case group(Fields)
  case picture(Picture)

  init(stringLiteral value: String) { self = .text(value) }
}

/// Named fields for a template, or for one turn of a section in it.
///
/// Every name a section uses is set in its own row, even if to "", since Mustache looks for an absent one further out.
struct Fields: MustacheParent, ExpressibleByDictionaryLiteral {
  private var fields: [String: Field]

  init(dictionaryLiteral elements: (String, Field)...) {
    fields = Dictionary(uniqueKeysWithValues: elements)
  }

  subscript(name: String) -> Field? {
    get { fields[name] }
    set { fields[name] = newValue }
  }

  func child(named name: String) -> Any? {
    switch fields[name] {
    case .text(let text): EscapedText(text)
    case .flag(let flag): flag
    case .rows(let rows): rows
    case .group(let group): group
    case .picture(let picture): picture
    case nil: nil
    }
  }
}
