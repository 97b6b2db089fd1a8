import Events

/// Everything that is kept of a metric's values over a minute, or longer: exact sums, and a sketch for percentiles.
///
/// Merging is associative and commutative. The sketch counts values in 128 equal buckets an octave, so that a percentile is
/// at most 0.4 % off.
public struct Rollup: Sendable, Hashable {
  /// Buckets at most; beyond, the smallest are joined, which costs accuracy at the low end only.
  public static let bucketsMax = 2_048
  private static let bucketsPerOctave = 128
  /// Values nearer to zero count as zero.
  private static let zeroMax = 1e-12

  public private(set) var sampleCount: Double
  public private(set) var sum: Double
  public private(set) var minimum: Double
  public private(set) var maximum: Double
  /// Counts of positive and of negative values by bucket, and of zeros.
  private var positive: [Int: Double] = [:]
  private var negative: [Int: Double] = [:]
  private var zeros: Double = 0

  /// One value, `count` times.
  public init(_ value: Double, count: Double = 1) {
    sampleCount = count
    sum = Rollup.bounded(value * count)
    minimum = value
    maximum = value
    add(value, count)
  }

  /// A statistic set: its values are known only by their bounds, so percentiles see its mean.
  public init(sampleCount: Double, sum: Double, minimum: Double, maximum: Double) {
    self.sampleCount = sampleCount
    self.sum = sum
    self.minimum = minimum
    self.maximum = maximum
    if sampleCount > 0 { add(Rollup.bounded(sum / sampleCount), sampleCount) }
  }

  private mutating func add(_ value: Double, _ count: Double) {
    if abs(value) <= Rollup.zeroMax {
      zeros += count
    } else if value > 0 {
      positive[Rollup.bucket(value), default: 0] += count
    } else {
      negative[Rollup.bucket(-value), default: 0] += count
    }
  }

  /// Takes the other's values in.
  public mutating func merge(_ other: Rollup) {
    sampleCount = Rollup.total(sampleCount, other.sampleCount)
    sum = Rollup.total(sum, other.sum)
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
    zeros = Rollup.total(zeros, other.zeros)
    positive.merge(other.positive, uniquingKeysWith: Rollup.total)
    negative.merge(other.negative, uniquingKeysWith: Rollup.total)
    Rollup.bound(&positive)
    Rollup.bound(&negative)
  }

  public func merged(with other: Rollup) -> Rollup {
    var both = self
    both.merge(other)
    return both
  }

  /// The value below which that share of the samples lies, 0 to 1; at most 0.4 % off, never outside minimum and maximum.
  public func quantile(_ share: Double) -> Double {
    let wanted = share * max(0, sampleCount - 1)
    var seen = 0.0
    for (value, count) in distribution {
      seen += count
      if seen > wanted { return min(max(value, minimum), maximum) }
    }
    return maximum
  }

  /// Values in ascending order with their counts, as the sketch knows them.
  public var distribution: [(value: Double, count: Double)] {
    let low = negative.sorted { $0.key > $1.key }.map { (-Rollup.middle($0.key), $0.value) }
    let zero = zeros > 0 ? [(0.0, zeros)] : []
    let high = positive.sorted { $0.key < $1.key }.map { (Rollup.middle($0.key), $0.value) }
    return low + zero + high
  }

  private static func bucket(_ value: Double) -> Int {
    Int(value.exponent) * bucketsPerOctave + Int((value.significand - 1) * Double(bucketsPerOctave))
  }

  /// The middle of a bucket stands for its values.
  private static func middle(_ bucket: Int) -> Double {
    let octave = (bucket - (bucket % bucketsPerOctave + bucketsPerOctave) % bucketsPerOctave) / bucketsPerOctave
    let place = Double(bucket - octave * bucketsPerOctave) + 0.5
    return Double(sign: .plus, exponent: octave, significand: 1 + place / Double(bucketsPerOctave))
  }

  /// The nearest number that JSON can spell, for a sum that outgrows them all; what is none counts as zero.
  private static func bounded(_ number: Double) -> Double {
    guard !number.isNaN else { return 0 }
    return min(max(number, -Double.greatestFiniteMagnitude), .greatestFiniteMagnitude)
  }

  private static func total(_ one: Double, _ other: Double) -> Double { bounded(one + other) }

  private static func bound(_ buckets: inout [Int: Double]) {
    guard buckets.count > bucketsMax else { return }
    let ordered = buckets.keys.sorted()
    let kept = ordered[ordered.count - bucketsMax]
    for bucket in ordered.prefix(ordered.count - bucketsMax) {
      buckets[kept] = total(buckets[kept] ?? 0, buckets.removeValue(forKey: bucket) ?? 0)
    }
  }
}

extension Rollup {
  /// As it is stored: `[count, sum, min, max, zeros, [bucket, count, …], [bucket, count, …]]`.
  public var json: JSON {
    func counts(_ buckets: [Int: Double]) -> JSON {
      .array(buckets.sorted { $0.key < $1.key }.flatMap { [JSON($0.key), JSON($0.value)] })
    }
    return .array([
      JSON(sampleCount), JSON(sum), JSON(minimum), JSON(maximum), JSON(zeros), counts(positive), counts(negative),
    ])
  }

  /// Reads what `json` wrote; nil if it is something else.
  public init?(json: JSON) {
    guard let parts = json.elements, parts.count == 7 else { return nil }
    let numbers = parts.prefix(5).compactMap(\.double)
    guard numbers.count == 5, let positive = Rollup.buckets(parts[5]), let negative = Rollup.buckets(parts[6]) else {
      return nil
    }
    (sampleCount, sum, minimum, maximum, zeros) = (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4])
    self.positive = positive
    self.negative = negative
  }

  /// Reads the text of what `json` wrote; nil if it is something else. Months of minutes are read at once, so it makes no
  /// JSON value in between.
  public init?(text: String) {
    var text = text
    let lists = text.withUTF8 { Rollup.lists($0) }
    guard let lists, lists.count == 3, lists[0].count == 5, let positive = Rollup.buckets(lists[1]),
      let negative = Rollup.buckets(lists[2])
    else { return nil }
    (sampleCount, sum, minimum) = (lists[0][0], lists[0][1], lists[0][2])
    (maximum, zeros) = (lists[0][3], lists[0][4])
    self.positive = positive
    self.negative = negative
  }

  /// The numbers of the outer list, then those of each list in it.
  private static func lists(_ bytes: UnsafeBufferPointer<UInt8>) -> [[Double]]? {
    var lists: [[Double]] = [[]]
    var (depth, start) = (0, 0)
    func take(upTo end: Int) -> Bool {
      guard start < end else { return true }
      guard let number = number(bytes[start..<end]) else { return false }
      lists[depth == 1 ? 0 : lists.count - 1].append(number)
      return true
    }
    for (place, byte) in bytes.enumerated() {
      switch byte {
      case UInt8(ascii: "["):
        depth += 1
        if depth == 2 { lists.append([]) }
        start = place + 1
      case UInt8(ascii: "]"), UInt8(ascii: ","):
        guard depth > 0, depth < 3, take(upTo: place) else { return nil }
        if byte == UInt8(ascii: "]") { depth -= 1 }
        start = place + 1
      default: break
      }
    }
    return depth == 0 && start == bytes.count ? lists : nil
  }

  /// Small whole numbers, which most are, without a text in between.
  private static func number(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Double? {
    if bytes.count < 16, bytes.allSatisfy({ (0x30...0x39).contains($0) }) {
      return Double(bytes.reduce(0) { $0 * 10 + Int($1 - 0x30) })
    }
    return Double(String(decoding: bytes, as: UTF8.self))
  }

  private static func buckets(_ numbers: [Double]) -> [Int: Double]? {
    guard numbers.count.isMultiple(of: 2) else { return nil }
    var buckets: [Int: Double] = [:]
    for place in stride(from: 0, to: numbers.count, by: 2) {
      guard let bucket = Int(exactly: numbers[place]) else { return nil }
      buckets[bucket] = numbers[place + 1]
    }
    return buckets
  }

  private static func buckets(_ json: JSON) -> [Int: Double]? {
    let parts = json.elements?.map(\.double)
    guard let parts, !parts.contains(nil) else { return nil }
    return buckets(parts.compactMap(\.self))
  }
}
