import Engine
import Events
import Extraction

extension AWSStore: SourceBudget {
  /// Requests a minute that one item of a budget bears: above, the budget is kept in as many parts as it takes, so that the
  /// writes of many workers spread over them.
  public static let budgetItemMax = 6_000

  public func take(
    _ requests: Int, of source: String, perMinute: Int, at now: Timestamp
  ) async throws(StoreError) -> Span? {
    let parts = max(1, (perMinute + AWSStore.budgetItemMax - 1) / AWSStore.budgetItemMax)
    let meter = BudgetMeter(requestsPerMinute: max(1, perMinute / parts), at: now)
    let first = parts == 1 ? 0 : Int(entropy.word() % UInt64(parts))
    var shortest: Span?
    // Only who finds every part used up has to wait.
    for step in 0..<parts {
      let key = Key.budget(source, part: (first + step) % parts)
      guard let wait = try await take(requests, meter, key) else { return nil }
      shortest = min(shortest ?? wait, wait)
    }
    return shortest
  }

  /// Takes out of one part: one write, which many may make at the same time, for DynamoDB itself adds.
  private func take(_ requests: Int, _ meter: BudgetMeter, _ key: Key) async throws(StoreError) -> Span? {
    let price = meter.price(requests)
    return try await contended(key.id) { () async throws(StoreError) -> Span?? in
      let owner = version()
      let expiry = Attribute.number(meter.now.seconds + 86_400)
      let (written, item) = try await table.update(
        key,
        Expression(
          "SET #spent = #spent + :price, #v = :v, #expires_at = :expires",
          ["price": .number(price), "v": owner, "expires": expiry]),
        if: Expression(
          "#rate = :rate AND #spent BETWEEN :full AND :most",
          [
            "rate": .number(meter.rate), "full": .number(meter.full), "most": .number(meter.empty - price),
          ]))
      switch written {
      case .done: return .some(nil)
      case .contended: return nil
      // Where another has taken since, this is taken twice: the source is asked less than it may be, never more.
      case .doubtful: return try await table.get(key)?.attributes["v"] == owner ? .some(nil) : nil
      case .refused: break
      }
      let known = item?.number("rate") == meter.rate ? item?.number("spent") : nil
      let (spent, wait) = meter.settled(known, price: price)
      guard let spent else { return .some(wait) }
      let settled = Item(
        key, ["rate": .number(meter.rate), "spent": .number(spent), "v": owner, "expires_at": expiry])
      switch try await table.write(.put(settled, .unchanged(item))) {
      case .done: return .some(wait)
      case .refused, .contended: return nil
      case .doubtful: return try await table.get(key)?.attributes["v"] == owner ? .some(wait) : nil
      }
    }
  }
}

/// A token bucket as one number that grows with what is taken, so that taking is an addition on a condition.
///
/// The number is what the source would have been asked for since the epoch if no inflow had been lost to a full bucket, in
/// 60,000ths of a request, of which `rate` flow in each millisecond: `TokenBucket` holds `now × rate − spent`.
struct BudgetMeter: Sendable, Hashable {
  /// Requests a minute, and units a millisecond.
  let rate: Int64
  let now: Timestamp

  private static let unitsPerRequest: Int64 = 60_000

  init(requestsPerMinute: Int, at now: Timestamp) {
    rate = Int64(requestsPerMinute)
    self.now = now
  }

  /// What has been spent if nothing is left.
  var empty: Int64 { now.milliseconds * rate }
  /// What has been spent if a minute's requests are left, the most there may be.
  var full: Int64 { empty - rate * BudgetMeter.unitsPerRequest }

  /// The units of so many requests; more than a minute's are a minute's, for they could never be taken.
  func price(_ requests: Int) -> Int64 { min(Int64(requests), rate) * BudgetMeter.unitsPerRequest }

  /// What becomes of a number from which the price cannot just be taken.
  ///
  /// - Parameter spent: nil for none, or that of another rate: then the bucket is full.
  /// - Returns: the number to be written, nil for none; and how long to wait, nil if the price is taken with it.
  func settled(_ spent: Int64?, price: Int64) -> (spent: Int64?, wait: Span?) {
    guard let spent, spent >= full else { return (full + price, nil) }
    // A clock that was set back finds the bucket empty, or nobody could take anything until that time comes again.
    let isBack = spent > empty + TokenBucket.skewMax.milliseconds * rate
    let missing = price - (isBack ? 0 : empty - spent)
    guard missing > 0 else { return (spent + price, nil) }
    return (isBack ? empty : nil, Span(milliseconds: (missing + rate - 1) / rate))
  }
}
