import Events

/// A queue and its messages.
struct QueueState: Sendable {
  struct Message: Sendable {
    let id: String
    let body: String
    /// `MessageAttributes` as they were sent.
    let attributes: JSON?
    let sentAt: Timestamp
    var visibleAt: Timestamp
    var receives = 0
    var firstReceivedAt: Timestamp?
    /// The handle of the last receive; earlier ones delete nothing.
    var handle: String?
    var deadLetterSource: String?

    /// Whether someone has it and has neither deleted it nor lost it yet.
    func isInFlight(at now: Timestamp) -> Bool { receives > 0 && visibleAt > now && handle != nil }
  }

  let definition: CloudQueue
  var messages: [Message] = []
  var purgedAt: Timestamp?

  init(_ definition: CloudQueue) {
    self.definition = definition
  }

  /// Drops what is older than the queue keeps.
  mutating func expire(at now: Timestamp) {
    let retention = definition.retention
    messages.removeAll { $0.sentAt + retention <= now }
  }

  /// `ApproximateNumberOfMessages` and its like.
  func counts(at now: Timestamp) -> (visible: Int, inFlight: Int, delayed: Int) {
    let inFlight = messages.count { $0.isInFlight(at: now) }
    let hidden = messages.count { $0.visibleAt > now }
    return (messages.count - hidden, inFlight, hidden - inFlight)
  }
}
