import Engine
import Events
import Patterns
import Rules

/// The header in which `PutEvents` says what each entry missed by a single leaf; AWS's clients ignore it.
///
/// One part for each entry, parted by `;`, empty for one that was refused, that a rule wanted or that missed nothing.
/// Within a part, near misses are parted by `,`; each is `rule:path:wanted:had`, every field percent-encoded, `had`
/// empty if the event has nothing there. A `+` at the end stands for more that did not fit: the value is ASCII and never
/// longer than `bytesMax`, and the later misses of each entry are left out first. A part `@` says that nobody looked,
/// `@ID` that the event of that id, one of the same kind, was looked at instead.
public enum NearMissHeader {
  public static let name = "x-bellcrank-near-misses"
  /// Of the whole value; common proxies and clients take 8 KiB of headers.
  public static let bytesMax = 4_096
  /// Of a path and of a value before they are encoded; longer ones are cut and end in `…`.
  public static let fieldBytesMax = 128

  /// What a part says of one entry.
  public enum Part: Sendable, Hashable {
    case looked([Miss], more: Bool)
    case skipped(like: String?)
  }

  /// A rule and the leaf by which it was missed.
  public struct Miss: Sendable, Hashable {
    public let rule: String
    public let leaf: LeafFailure

    public init(rule: String, leaf: LeafFailure) {
      self.rule = rule
      self.leaf = leaf
    }
  }

  /// The value of the header; nil if no entry has anything to tell.
  ///
  /// - Parameter looks: one for each entry; nil for an entry that was refused, or that a rule wanted.
  public static func value(of looks: [NearMissLook?]) -> String? {
    var parts = Array(repeating: [String](), count: looks.count)
    var left = bytesMax - looks.count * 2
    for (place, look) in looks.enumerated() {
      guard case .skipped(let like)? = look else { continue }
      let part = "@" + (like.map { $0.percentEncoded() } ?? "")
      parts[place] = [part.utf8.count <= left ? part : "@"]
      left -= parts[place][0].utf8.count
    }
    let told = looks.map { look in (look?.misses ?? []).compactMap(text) }
    for round in 0..<(told.map(\.count).max() ?? 0) {
      for (place, misses) in told.enumerated() where round < misses.count {
        guard parts[place].last != "+" else { continue }
        let fits = misses[round].utf8.count + 1 <= left
        parts[place].append(fits ? misses[round] : "+")
        left -= fits ? misses[round].utf8.count + 1 : 0
      }
    }
    guard parts.contains(where: { !$0.isEmpty }) else { return nil }
    return parts.map { $0.joined(separator: ",") }.joined(separator: ";")
  }

  private static func text(_ miss: EventBus.NearMiss) -> String? {
    guard let leaf = miss.failures.first else { return nil }
    let fields = [miss.rule, cut(leaf.path), cut(leaf.wanted), leaf.had.map(cut) ?? ""]
    return fields.map { $0.percentEncoded() }.joined(separator: ":")
  }

  private static func cut(_ text: String) -> String {
    guard text.utf8.count > fieldBytesMax else { return text }
    var kept = String.UnicodeScalarView()
    var bytes = 0
    for scalar in text.unicodeScalars {
      bytes += UTF8.width(scalar)
      if bytes > fieldBytesMax { break }
      kept.append(scalar)
    }
    return String(kept) + "…"
  }

  /// Reads what `value` wrote; nil if that is no such value, or not one of so many entries.
  public static func parts(_ value: String, count: Int) -> [Part]? {
    let texts = value.split(separator: ";", omittingEmptySubsequences: false)
    guard texts.count == count else { return nil }
    var parts: [Part] = []
    for text in texts {
      guard let part = part(text) else { return nil }
      parts.append(part)
    }
    return parts
  }

  private static func part(_ text: Substring) -> Part? {
    if text.first == "@" {
      guard let like = text.dropFirst().percentDecoded(plusIsBlank: false) else { return nil }
      return .skipped(like: like.isEmpty ? nil : like)
    }
    var misses: [Miss] = []
    var hasMore = false
    for told in text.split(separator: ",") {
      if told == "+" {
        hasMore = true
        continue
      }
      let fields = told.split(separator: ":", omittingEmptySubsequences: false)
        .compactMap { $0.percentDecoded(plusIsBlank: false) }
      guard fields.count == 4 else { return nil }
      let leaf = LeafFailure(path: fields[1], wanted: fields[2], had: fields[3].isEmpty ? nil : fields[3])
      misses.append(Miss(rule: fields[0], leaf: leaf))
    }
    return .looked(misses, more: hasMore)
  }
}
