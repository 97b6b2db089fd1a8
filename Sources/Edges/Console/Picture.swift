import Mustache

/// A drawing in SVG made of a few shapes; every text in it is escaped, and colours are the style sheet's classes.
///
/// Source: SVG 2; text goes through `EscapedText`, numbers are ours.
struct Picture: Sendable, MustacheCustomRenderable {
  enum Shape: Sendable {
    case rect(x: Double, y: Double, width: Double, height: Double, tone: String)
    case line(x1: Double, y1: Double, x2: Double, y2: Double, tone: String)
    case path([(x: Double, y: Double)], tone: String)
    case text(x: Double, y: Double, String, anchor: String)
    /// A mark with a name, and where it leads.
    case mark(x: Double, y: Double, tone: String, name: String, href: String)
  }

  let width: Double
  let height: Double
  /// What it shows, for whoever cannot see it.
  let name: String
  var shapes: [Shape] = []

  init(width: Double, height: Double, name: String) {
    self.width = width
    self.height = height
    self.name = name
  }

  /// Half the side of a mark.
  private static let markSize = 5.0

  var isNull: Bool { false }

  var renderText: String {
    let head =
      "<svg viewBox=\"0 0 \(Picture.number(width)) \(Picture.number(height))\" role=\"group\" "
      + "aria-label=\"\(EscapedText(name).renderText)\">"
    return head + shapes.map(Picture.text).joined() + "</svg>"
  }

  private static func text(_ shape: Shape) -> String {
    switch shape {
    case .rect(let x, let y, let width, let height, let tone):
      return "<rect x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" height=\"\(number(height))\" "
        + "class=\"\(EscapedText(tone).renderText)\"></rect>"
    case .line(let x1, let y1, let x2, let y2, let tone):
      return "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\" "
        + "class=\"\(EscapedText(tone).renderText)\"></line>"
    case .path(let points, let tone):
      let list = points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
      return "<polyline points=\"\(list)\" class=\"\(EscapedText(tone).renderText)\"></polyline>"
    case .text(let x, let y, let text, let anchor):
      return "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(EscapedText(anchor).renderText)\">"
        + "\(EscapedText(text).renderText)</text>"
    case .mark(let x, let y, let tone, let name, let href):
      let name = EscapedText(name).renderText
      return "<a href=\"\(EscapedText(href).renderText)\" aria-label=\"\(name)\"><title>\(name)</title>"
        + glyph(x, y, tone) + "</a>"
    }
  }

  /// A shape of its own for each meaning, so that colour is never the only sign.
  private static func glyph(_ x: Double, _ y: Double, _ tone: String) -> String {
    let size = markSize
    let cls = "class=\"mark \(EscapedText(tone).renderText)\""
    switch tone {
    case "good": return "<circle cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"\(number(size))\" \(cls)></circle>"
    case "bad":
      return "<polygon points=\"\(number(x)),\(number(y - size)) \(number(x + size)),\(number(y)) "
        + "\(number(x)),\(number(y + size)) \(number(x - size)),\(number(y))\" \(cls)></polygon>"
    case "warn":
      return "<polygon points=\"\(number(x)),\(number(y - size)) \(number(x + size)),\(number(y + size)) "
        + "\(number(x - size)),\(number(y + size))\" \(cls)></polygon>"
    default:
      return "<rect x=\"\(number(x - size + 1))\" y=\"\(number(y - size + 1))\" width=\"\(number(2 * size - 2))\" "
        + "height=\"\(number(2 * size - 2))\" \(cls)></rect>"
    }
  }

  /// One digit behind the point is a tenth of a pixel.
  static func number(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    let tenths = (value * 10).rounded()
    let whole = Int(max(-1e9, min(1e9, tenths)))
    return whole % 10 == 0 ? "\(whole / 10)" : "\(whole < 0 ? "-" : "")\(abs(whole) / 10).\(abs(whole) % 10)"
  }
}
