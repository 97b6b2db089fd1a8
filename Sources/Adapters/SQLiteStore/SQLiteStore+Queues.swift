import Engine
import Events
import GRDB

extension SQLiteStore: WorkQueues {
  public func create(_ queue: QueueDefinition, at now: Timestamp) async throws(StoreError) -> Bool {
    try await write { db in try SQLiteStore.create(queue, at: now, db) }
  }

  public func queue(_ name: String) async throws(StoreError) -> QueueDefinition? {
    try await read { db in try SQLiteStore.queue(name, db) }
  }

  public func queues() async throws(StoreError) -> [QueueDefinition] {
    try await read { db in
      try db.rows("SELECT json FROM queues ORDER BY name").map { try $0.decoded("json") { QueueDefinition(json: $0) } }
    }
  }

  public func update(_ queue: QueueDefinition) async throws(StoreError) {
    try await write { db in
      try db.run("UPDATE queues SET json = ? WHERE name = ?", [queue.json.text, queue.name])
      if db.changesCount == 0 { throw StoreError(.refused, "there is no queue \(queue.name)") }
    }
  }

  public func send(_ messages: [OutgoingMessage], at now: Timestamp) async throws(StoreError) {
    try await write { db in
      for queue in Set(messages.map(\.queue)) where try SQLiteStore.queue(queue, db) == nil {
        throw StoreError(.refused, "there is no queue \(queue)")
      }
      for message in messages { try SQLiteStore.insert(message, at: now, db) }
    }
  }

  public func receive(
    _ queue: String, limit: Int, visibility: Span, at now: Timestamp
  ) async throws(StoreError) -> [ReceivedMessage] {
    try await write { db in
      guard let definition = try SQLiteStore.queue(queue, db) else { return [] }
      try SQLiteStore.expire(definition, at: now, db)
      var received: [ReceivedMessage] = []
      while received.count < limit, let row = try SQLiteStore.nextVisible(queue, at: now, db) {
        if let redrive = definition.redrive, (row["receive_count"] as Int) >= redrive.maxReceiveCount,
          try SQLiteStore.queue(redrive.deadLetterQueue, db) != nil
        {
          try db.run(
            """
            UPDATE messages SET queue = ?, visible_at = ?, receive_count = 0, first_received_at = NULL, receipt = NULL
            WHERE seq = ?
            """, [redrive.deadLetterQueue, now.milliseconds, row["seq"] as Int64])
          continue
        }
        received.append(try SQLiteStore.take(row, visibility, at: now, db))
      }
      return received
    }
  }

  public func delete(_ queue: String, receipt: String) async throws(StoreError) -> Bool {
    try await write { db in
      try db.run("DELETE FROM messages WHERE receipt = ? AND queue = ?", [receipt, queue])
      return db.changesCount > 0
    }
  }

  public func release(
    _ queue: String, receipt: String, until: Timestamp, uncounted: Bool
  ) async throws(StoreError) -> Bool {
    try await write { db in
      // A receive that was taken back leaves a receipt that nobody holds, from which the next one is derived.
      try db.run(
        """
        UPDATE messages SET visible_at = ?, receive_count = receive_count - ?, receipt = receipt || ?
        WHERE receipt = ? AND queue = ?
        """, [until.milliseconds, uncounted ? 1 : 0, uncounted ? SQLiteStore.takenBack : "", receipt, queue])
      return db.changesCount > 0
    }
  }

  public func message(_ id: String) async throws(StoreError) -> MessageView? {
    try await read { db in
      try db.row("SELECT queue, sent_at, visible_at, receive_count FROM messages WHERE id = ?", [id]).map { row in
        MessageView(
          queue: row["queue"], sentAt: row.moment("sent_at"), visibleAt: row.moment("visible_at"),
          receiveCount: row["receive_count"])
      }
    }
  }

  public func depth(_ queue: String, at now: Timestamp) async throws(StoreError) -> QueueDepth {
    try await read { db in
      let at = now.milliseconds
      // Expired messages are deleted by the next receive; nobody will see them again.
      let oldest = try SQLiteStore.queue(queue, db).map { SQLiteStore.oldest(of: $0, at: now) } ?? .epoch
      let kept = "FROM messages WHERE queue = ? AND sent_at >= ?"
      let of: StatementArguments = [queue, oldest.milliseconds, at]
      let visible = try db.count("SELECT COUNT(*) \(kept) AND visible_at <= ?", of)
      let inFlight = try db.count("SELECT COUNT(*) \(kept) AND visible_at > ? AND receive_count > 0", of)
      let delayed = try db.count("SELECT COUNT(*) \(kept) AND visible_at > ? AND receive_count = 0", of)
      let next = try db.moment("SELECT MIN(visible_at) \(kept) AND visible_at > ?", of)
      return QueueDepth(visible: visible, inFlight: inFlight, delayed: delayed, nextVisible: next)
    }
  }

  public func nextVisible(_ queue: String) async throws(StoreError) -> Timestamp? {
    try await read { db in try db.moment("SELECT MIN(visible_at) FROM messages WHERE queue = ?", [queue]) }
  }

  public func reclaim(_ queue: String, at now: Timestamp) async throws(StoreError) {
    try await write { db in
      try db.run(
        """
        UPDATE messages SET visible_at = ? WHERE queue = ? AND visible_at > ? AND receipt IS NOT NULL
          AND receipt NOT LIKE '%' || ?
        """, [now.milliseconds, queue, now.milliseconds, SQLiteStore.takenBack])
    }
  }

  /// Ends a receipt that nobody holds any more.
  private static let takenBack = "-taken-back"

  public func purge(_ queue: String) async throws(StoreError) {
    try await write { db in try db.run("DELETE FROM messages WHERE queue = ?", [queue]) }
  }

  public func remove(queue: String) async throws(StoreError) -> Bool {
    try await write { db in
      try db.run("DELETE FROM messages WHERE queue = ?", [queue])
      try db.run("DELETE FROM queues WHERE name = ?", [queue])
      return db.changesCount > 0
    }
  }

  static func create(_ queue: QueueDefinition, at now: Timestamp, _ db: Database) throws -> Bool {
    try db.run(
      "INSERT OR IGNORE INTO queues (name, json, created_at) VALUES (?, ?, ?)",
      [queue.name, queue.json.text, now.milliseconds])
    return db.changesCount > 0
  }

  static func queue(_ name: String, _ db: Database) throws -> QueueDefinition? {
    try db.row("SELECT json FROM queues WHERE name = ?", [name])?.decoded("json") { QueueDefinition(json: $0) }
  }

  static func insert(_ message: OutgoingMessage, at now: Timestamp, _ db: Database) throws {
    try db.run(
      """
      INSERT OR IGNORE INTO messages (id, queue, body, attributes, priority, sent_at, visible_at, receive_count)
      VALUES (?, ?, ?, ?, ?, ?, ?, 0)
      """,
      [
        message.id, message.queue, message.body, MessageAttribute.json(message.attributes).text, message.priority,
        now.milliseconds, message.visibleAt.milliseconds,
      ])
  }

  private static func expire(_ queue: QueueDefinition, at now: Timestamp, _ db: Database) throws {
    try db.run(
      "DELETE FROM messages WHERE queue = ? AND sent_at < ?", [queue.name, oldest(of: queue, at: now).milliseconds])
  }

  /// What was sent before has outlived the queue's retention period.
  private static func oldest(of queue: QueueDefinition, at now: Timestamp) -> Timestamp {
    now - .seconds(queue.messageRetentionPeriod)
  }

  private static func nextVisible(_ queue: String, at now: Timestamp, _ db: Database) throws -> Row? {
    try db.row(
      """
      SELECT seq, id, queue, body, attributes, sent_at, receive_count, first_received_at, receipt
      FROM messages INDEXED BY messages_visible WHERE queue = ? AND visible_at <= ? ORDER BY priority DESC, seq LIMIT 1
      """, [queue, now.milliseconds])
  }

  private static func take(_ row: Row, _ visibility: Span, at now: Timestamp, _ db: Database) throws -> ReceivedMessage
  {
    let id: String = row["id"]
    let count = (row["receive_count"] as Int) + 1
    let first = row.optionalMoment("first_received_at") ?? now
    let earlier: String? = row["receipt"]
    let receipt = DerivedID.uuid(of: "\(id)#\(count)@\(now.milliseconds) after \(earlier ?? "none")")
    // Zero visibility would show it again to this very call.
    let until = max(now + visibility, now + Span(milliseconds: 1))
    try db.run(
      "UPDATE messages SET receive_count = ?, first_received_at = ?, receipt = ?, visible_at = ? WHERE seq = ?",
      [count, first.milliseconds, receipt, until.milliseconds, row["seq"] as Int64])
    return ReceivedMessage(
      queue: row["queue"], id: id, receipt: receipt, body: row["body"],
      attributes: MessageAttribute.attributes(try row.json("attributes")), sentAt: row.moment("sent_at"),
      firstReceivedAt: first, receiveCount: count)
  }
}

extension QueueDefinition {
  /// As it is stored.
  var json: JSON {
    JSON(present: [
      "name": .string(name), "visibility_timeout": JSON(visibilityTimeout), "delay_seconds": JSON(delaySeconds),
      "message_retention_period": JSON(messageRetentionPeriod), "receive_wait": JSON(receiveWait),
      "dead_letter_queue": redrive.map { .string($0.deadLetterQueue) },
      "max_receive_count": redrive.map { JSON($0.maxReceiveCount) },
    ])
  }

  init?(json: JSON) {
    guard let name = json["name"]?.string, let visibility = json["visibility_timeout"]?.int,
      let delay = json["delay_seconds"]?.int, let retention = json["message_retention_period"]?.int,
      let wait = json["receive_wait"]?.int
    else { return nil }
    var redrive: Redrive?
    if let queue = json["dead_letter_queue"]?.string, let count = json["max_receive_count"]?.int {
      redrive = Redrive(deadLetterQueue: queue, maxReceiveCount: count)
    }
    self.init(
      name: name, visibilityTimeout: visibility, delaySeconds: delay, messageRetentionPeriod: retention,
      receiveWait: wait, redrive: redrive)
  }
}

extension MessageAttribute {
  /// Attributes as they are stored; binary values as lists of bytes.
  static func json(_ attributes: [String: MessageAttribute]) -> JSON {
    .object(
      attributes.sorted { $0.key < $1.key }.map { name, attribute in
        switch attribute.value {
        case .text(let text): .init(name, ["type": .string(attribute.dataType), "text": .string(text)])
        case .binary(let bytes):
          .init(name, ["type": .string(attribute.dataType), "bytes": .array(bytes.map { JSON(Int($0)) })])
        }
      })
  }

  static func attributes(_ json: JSON) -> [String: MessageAttribute] {
    var attributes: [String: MessageAttribute] = [:]
    for member in json.members ?? [] {
      guard let type = member.value["type"]?.string else { continue }
      if let text = member.value["text"]?.string {
        attributes[member.key] = MessageAttribute(dataType: type, value: .text(text))
      } else {
        let bytes = (member.value["bytes"]?.elements ?? []).compactMap { $0.int.map { UInt8(truncatingIfNeeded: $0) } }
        attributes[member.key] = MessageAttribute(dataType: type, value: .binary(bytes))
      }
    }
    return attributes
  }
}
