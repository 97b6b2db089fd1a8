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
    let shards = max(1, (perMinute + AWSStore.budgetItemMax - 1) / AWSStore.budgetItemMax)
    let rate = max(1, perMinute / shards)
    let price = min(requests, rate)
    let key = Key.budget(source, shard: shards == 1 ? 0 : Int(entropy.word() % UInt64(shards)))
    return try await contended("the budget of \(source)") { () async throws(StoreError) -> Span?? in
      let item = try await table.get(key)
      var bucket =
        try item.map { item throws(StoreError) in try item.need("bucket") { TokenBucket(stored: $0) } }
        ?? TokenBucket(requestsPerMinute: rate, at: now)
      if bucket.requestsPerMinute != rate { bucket = TokenBucket(requestsPerMinute: rate, at: now) }
      switch bucket.take(price, at: now) {
      case .wait(let span, _): return .some(span)
      case .granted(let left):
        let owner = version()
        let written = Item(
          key,
          ["bucket": .text(left.stored.text), "v": owner, "expires_at": .number(now.seconds + 86_400)])
        switch try await table.write(.put(written, .unchanged(item))) {
        case .done: return .some(nil)
        case .refused, .contended: return nil
        case .doubtful: return try await table.get(key)?.attributes["v"] == owner ? .some(nil) : nil
        }
      }
    }
  }
}
