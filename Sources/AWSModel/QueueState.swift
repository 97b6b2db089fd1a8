import Events

/// A queue and its messages.
struct QueueState: Sendable {
  struct Message: Sendable {
    let id: String
    let body: String
    /// `MessageAttributes` as they were sent.
    let attributes: JSON?
    let sentAt: Timestamp
    /// Until when nobody gets it; set by the queue.
    fileprivate(set) var visibleAt = Timestamp.epoch
    var receives = 0
    var firstReceivedAt: Timestamp?
    /// The handle of the last receive; earlier ones delete nothing.
    var handle: String?
    /// The ARN of the queue that gave it up.
    var deadLetterSource: String?

    init(id: String, body: String, attributes: JSON?, sentAt: Timestamp) {
      self.id = id
      self.body = body
      self.attributes = attributes
      self.sentAt = sentAt
    }
  }

  private struct Hidden: Sendable, Comparable {
    let until: Timestamp
    let number: Int

    static func < (left: Hidden, right: Hidden) -> Bool {
      (left.until, left.number) < (right.until, right.number)
    }
  }

  let definition: CloudQueue
  /// By the number they came in.
  private(set) var messages: [Int: Message] = [:]
  /// What a receive may take, the oldest first.
  private(set) var ready: [Int] = []
  /// The rest, what comes back first before the others.
  private var hidden: [Hidden] = []
  private var lastNumber = 0
  /// No message is too old before then.
  private var expiry: Timestamp?
  var purgedAt: Timestamp?

  init(_ definition: CloudQueue) {
    self.definition = definition
  }

  /// Drops what is older than the queue keeps, and makes ready what is due.
  mutating func settle(at now: Timestamp) {
    if let expiry, expiry <= now {
      for (number, message) in messages where message.sentAt + definition.retention <= now { remove(number) }
      self.expiry = messages.values.map { $0.sentAt + definition.retention }.min()
    }
    while let first = hidden.first, first.until <= now {
      hidden.removeFirst()
      QueueState.insert(first.number, into: &ready)
    }
  }

  /// Takes a message in, hidden until then.
  mutating func add(_ message: Message, visibleAt: Timestamp) {
    lastNumber += 1
    var message = message
    message.visibleAt = visibleAt
    messages[lastNumber] = message
    QueueState.insert(Hidden(until: visibleAt, number: lastNumber), into: &hidden)
    expiry = min(expiry ?? message.sentAt + definition.retention, message.sentAt + definition.retention)
  }

  /// Changes what is known of a message; it stays ready or hidden.
  mutating func update(_ number: Int, _ change: (inout Message) -> Void) {
    guard var message = messages[number] else { return }
    change(&message)
    messages[number] = message
  }

  /// Hides a message until then.
  mutating func hide(_ number: Int, until: Timestamp) {
    leave(number)
    messages[number]?.visibleAt = until
    QueueState.insert(Hidden(until: until, number: number), into: &hidden)
  }

  @discardableResult
  mutating func remove(_ number: Int) -> Message? {
    leave(number)
    return messages.removeValue(forKey: number)
  }

  mutating func removeAll() {
    messages = [:]
    ready = []
    hidden = []
  }

  func isReady(_ number: Int) -> Bool { QueueState.index(of: number, in: ready) != nil }

  /// `ApproximateNumberOfMessages` and its like; settled before.
  var counts: (visible: Int, inFlight: Int, delayed: Int) {
    let inFlight = hidden.count { messages[$0.number]?.handle != nil }
    return (ready.count, inFlight, hidden.count - inFlight)
  }

  private mutating func leave(_ number: Int) {
    if let place = QueueState.index(of: number, in: ready) { ready.remove(at: place) }
    guard let until = messages[number]?.visibleAt else { return }
    if let place = QueueState.index(of: Hidden(until: until, number: number), in: hidden) { hidden.remove(at: place) }
  }

  private static func insert<Value: Comparable>(_ value: Value, into values: inout [Value]) {
    values.insert(value, at: values.firstPlace { $0 >= value })
  }

  private static func index<Value: Comparable>(of value: Value, in values: [Value]) -> Int? {
    let place = values.firstPlace { $0 >= value }
    return place < values.count && values[place] == value ? place : nil
  }
}

extension RandomAccessCollection where Index == Int {
  /// The first place at which that is true, if it is true everywhere after the first time; the end if nowhere.
  func firstPlace(_ isTrue: (Element) -> Bool) -> Int {
    var low = startIndex
    var high = endIndex
    while low < high {
      let middle = low + (high - low) / 2
      if isTrue(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
