/// The tags of a page with the names of their attributes, and nothing of their values or of the text between them.
///
/// Two renderings of one template have the same skeleton unless a value broke out of its place. It reads as HTML does:
/// by scalar, a tag opening at `<` before a letter, `/` or `!`.
enum Skeleton {
  static func tags(of page: String) -> [String] {
    var rest = Array(page.unicodeScalars)[...]
    var tags: [String] = []
    while let scalar = rest.popFirst() {
      guard scalar == "<", let next = rest.first, next.properties.isAlphabetic || next == "/" || next == "!" else {
        continue
      }
      tags.append(tag(&rest))
    }
    return tags
  }

  private static func tag(_ rest: inout ArraySlice<Unicode.Scalar>) -> String {
    var out = String.UnicodeScalarView()
    var quote: Unicode.Scalar?
    while let scalar = rest.popFirst() {
      if let open = quote {
        if scalar == open { quote = nil }
      } else if scalar == ">" {
        break
      } else if scalar == "\"" || scalar == "'" {
        quote = scalar
      } else {
        out.append(scalar)
      }
    }
    return String(out)
  }
}
