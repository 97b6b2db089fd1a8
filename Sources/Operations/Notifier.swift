import Alarms
import Deliveries
import Engine
import Events

/// A way to tell somebody outside: one POST, one answer. Adapters: `SourceClients`, `Simulation`.
public protocol WebhookClient: Sendable {
  /// nil if nobody answered in time.
  func post(_ body: [UInt8], headers: [(name: String, value: String)], to url: String) async -> Int?
}

/// Checks that two sides share a secret. Adapter: `SystemPorts`.
public protocol Signer: Sendable {
  /// Lower-case hex of HMAC-SHA256.
  func signature(of bytes: [UInt8], secret: [UInt8]) -> String
}

/// Where changes of alarms are told outside.
public struct WebhookSettings: Sendable, Hashable {
  public let url: String
  /// What messages are signed with.
  public let secret: String

  public init(url: String, secret: String) {
    self.url = url
    self.secret = secret
  }
}

/// Sends changes of alarms to webhooks: stored with the change, signed, tried again until they are taken.
///
/// `X-Bellcrank-Signature: t=SECONDS,v1=HEX`, the HMAC-SHA256 of `SECONDS.BODY` with the shared secret.
public struct Notifier: Sendable {
  /// A webhook is told for a day, 100 times at most.
  public static let policy = RetryPolicy(retriesMax: 100, ageSecondsMax: 86_400) ?? .standard
  /// Messages that one round sends.
  public static let batchMax = 32

  private let documents: any Documents
  private let client: any WebhookClient
  private let signer: any Signer
  private let clock: any WallClock
  private let log: any LogSink
  private let webhooks: [WebhookSettings]
  /// Rings when there is something to tell.
  public let due = Bell()

  public init(
    _ documents: any Documents, _ client: any WebhookClient, _ signer: any Signer, _ clock: any WallClock,
    _ log: any LogSink, webhooks: [WebhookSettings]
  ) {
    self.documents = documents
    self.client = client
    self.signer = signer
    self.clock = clock
    self.log = log
    self.webhooks = webhooks
  }

  /// What an alarm's history says of an action: there is no SNS here, the bus has the event.
  func summary(of action: String) -> String {
    "The event of this change is on the default bus; a rule of yours may bring it to \(action)"
  }

  /// What webhooks shall be told of a change.
  func notifications(of transition: Alarm.Transition, _ event: Event, at now: Timestamp) -> [DocumentChange] {
    guard transition.alarm.definition.actionsEnabled else { return [] }
    let severity = transition.alarm.definition.severity
    var body = event.json
    if let severity {
      body.set(
        "escalation",
        [
          "severity": .string(severity.rawValue), "response_time": .string(severity.responseTime),
          "owner": .string(severity.owner), "condition": .string(severity.escalation),
        ])
    }
    return webhooks.enumerated().map { place, webhook in
      let id = "\(event.id)-\(place)"
      return DocumentChange(
        .webhook, id,
        [
          "url": .string(webhook.url), "body": .string(body.text), "attempts": 0,
          "created_at": .string(now.preciseText), "due": .string(now.preciseText),
        ], onlyIfAbsent: true)
    }
  }

  /// Sends what is due. Returns how many messages there were.
  public func sendDue() async throws(StoreError) -> Int {
    let now = clock.now()
    let pending = try await documents.documents(.webhook).compactMap { document -> (Document, Delivery)? in
      guard let created = document.json["created_at"]?.string.flatMap({ Timestamp($0) }),
        let due = document.json["due"]?.string.flatMap({ Timestamp($0) }), due <= now
      else { return nil }
      return (
        document,
        Delivery(
          id: document.name, policy: Notifier.policy, createdAt: created, attempts: document.json["attempts"]?.int ?? 0,
          due: due)
      )
    }.prefix(Notifier.batchMax)
    for (document, delivery) in pending { try await send(document, delivery) }
    return pending.count
  }

  /// When the next message is due; nil if there is none.
  public func nextDue() async throws(StoreError) -> Timestamp? {
    try await documents.documents(.webhook).compactMap { $0.json["due"]?.string.flatMap { Timestamp($0) } }.min()
  }

  private func send(_ document: Document, _ delivery: Delivery) async throws(StoreError) {
    guard let url = document.json["url"]?.string, let body = document.json["body"]?.string,
      let webhook = webhooks.first(where: { $0.url == url })
    else {
      // It was taken out of the configuration.
      _ = try await documents.remove(.webhook, document.name, at: clock.now())
      return
    }
    let seconds = clock.now().seconds
    let signature = signer.signature(of: Array("\(seconds).\(body)".utf8), secret: Array(webhook.secret.utf8))
    let headers = [
      (name: "Content-Type", value: "application/json"), (name: "X-Bellcrank-Delivery", value: document.name),
      (name: "X-Bellcrank-Signature", value: "t=\(seconds),v1=\(signature)"),
    ]
    let status = await client.post(Array(body.utf8), headers: headers, to: url)
    if let status, (200..<300).contains(status) {
      _ = try await documents.remove(.webhook, document.name, at: clock.now())
      return
    }
    var delivery = delivery
    let reason = status.map { "the webhook answered \($0)" } ?? "the webhook did not answer"
    delivery.refused(DeliveryError(.targetFailed, reason), at: clock.now())
    switch delivery.state {
    case .waiting(let until):
      var json = document.json
      json.set("attempts", JSON(delivery.attempts))
      json.set("due", .string(until.preciseText))
      try await documents.save([DocumentChange(.webhook, document.name, json)], at: clock.now())
    case .buried, .delivered:
      log.write(LogLine(.error, "webhook given up", ["url": url, "reason": reason, "delivery": document.name]))
      _ = try await documents.remove(.webhook, document.name, at: clock.now())
    }
  }
}
