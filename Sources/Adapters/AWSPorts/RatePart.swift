import Engine
import Events
import Ingestion

/// A part of the window of a rate, kept in an item of its own: causes that come at the same time write different ones.
struct RatePart: Sendable, Hashable {
  /// Admissions that one item counts at most.
  static let shareMax = 4
  /// Parts that one admission looks at; a window that has no more of them is counted to the last admission.
  static let lookedAtMax = 32

  let key: Key
  /// Admissions that it has room for; those of all parts make the whole rate.
  let share: Int

  /// The parts that an admission looks at, from one on that follows from the cause.
  static func parts(of cause: Cause, max: Int) -> [RatePart] {
    let count = Swift.max(1, (max + shareMax - 1) / shareMax)
    let first = Int(DerivedID.hash(cause.id) % UInt64(count))
    return (0..<min(count, lookedAtMax)).map { step in
      let part = (first + step) % count
      return RatePart(
        key: .rate(cause.trigger.rawValue, part: part), share: max / count + (part < max % count ? 1 : 0))
    }
  }
}
