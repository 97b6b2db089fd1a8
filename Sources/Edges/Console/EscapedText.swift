import Mustache

/// Text made safe for HTML, between tags and within quoted attributes; templates show it in triple braces.
///
/// Mustache's own escaping goes by grapheme, so it overlooks a `<` that joins with its neighbour: U+0600 before it, or
/// a combining accent after it. This one goes by scalar, and takes out control characters as well.
struct EscapedText: MustacheCustomRenderable {
  let renderText: String

  /// Whether a section on it is left out.
  var isNull: Bool { renderText.isEmpty }

  init(_ text: String) {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": out.append(contentsOf: "&lt;".unicodeScalars)
      case ">": out.append(contentsOf: "&gt;".unicodeScalars)
      case "&": out.append(contentsOf: "&amp;".unicodeScalars)
      case "\"": out.append(contentsOf: "&quot;".unicodeScalars)
      case "'": out.append(contentsOf: "&#39;".unicodeScalars)
      case "\n", "\t": out.append(scalar)
      case "\0"..."\u{1F}", "\u{7F}"..."\u{9F}": out.append("\u{FFFD}")
      default: out.append(scalar)
      }
    }
    renderText = String(out)
  }
}
