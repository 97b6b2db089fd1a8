import Engine
import Events
import Operations
import Rules

/// `/_bellcrank/dlq…`: dead letters by what they died of, and the way back (§7).
struct ShelfService: Sendable {
  private let room: ControlRoom

  init(_ room: ControlRoom) {
    self.room = room
  }

  /// The letters in groups of one code and one rule or schedule; what would become of them if it is asked.
  func list(_ queue: String?, previews: Bool) async throws -> JSON {
    let letters = try await room.shelf.letters(try queue.map(known))
    var groups: [(key: [String], letters: [Letter])] = []
    for letter in letters {
      let key = [letter.queue, letter.code, letter.rule ?? letter.schedule?.description ?? "-"]
      if let place = groups.firstIndex(where: { $0.key == key }) {
        groups[place].letters.append(letter)
      } else {
        groups.append((key, [letter]))
      }
    }
    var shown: [JSON] = []
    for (key, letters) in groups {
      var json: JSON = [
        "queue": .string(key[0]), "code": .string(key[1]), "rule": .string(key[2]), "count": JSON(letters.count),
        "oldest": .string(letters.first?.sentAt.description ?? ""),
        "newest": .string(letters.last?.sentAt.description ?? ""), "reason": .string(letters.last?.reason ?? ""),
        "example": .string(letters.first?.id ?? ""),
      ]
      if previews { json.set("preview", try await preview(letters)) }
      shown.append(json)
    }
    return [
      "groups": .array(shown), "letters": JSON(letters.count),
      "more": .bool(letters.count >= Shelf.lettersMax), "tasks": .array(try await tasks().map(\.view)),
    ]
  }

  /// How many letters would come to what.
  private func preview(_ letters: [Letter]) async throws -> JSON {
    var counts: [String: Int] = [:]
    for letter in letters { counts[try await room.shelf.preview(letter).word, default: 0] += 1 }
    return .object(counts.sorted { $0.key < $1.key }.map { .init($0.key, JSON($0.value)) })
  }

  func show(_ id: String) async throws -> JSON {
    let letter = try await letter(id)
    let outcome = try await room.shelf.preview(letter)
    let body: JSON
    do { body = try JSON(parsing: letter.body) } catch { body = .string(letter.body) }
    return [
      "id": .string(letter.id), "queue": .string(letter.queue), "sent_at": .string(letter.sentAt.preciseText),
      "in_flight": .bool(letter.isInFlight), "outcome": .string(outcome.word),
      "because": .string(outcome.sentence),
      "attributes": .object(letter.attributes.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }),
      "body": body,
    ]
  }

  /// `redrive` begins a task, `cancel` stops one, `discard` throws letters away.
  func act(_ action: String, _ body: JSON, who: String) async throws -> JSON {
    let note = ChangeNote(operation: action, who: body["who"]?.string ?? who, why: body["why"]?.string)
    switch action {
    case "redrive": return try await redrive(body, note)
    case "cancel":
      guard let handle = body["task"]?.string, let task = try await room.mover.cancel(handle, note) else {
        throw AdminRefusal(status: 404, code: "NO_SUCH_TASK", message: "no task of that handle is running")
      }
      return task.view
    case "discard": return try await discard(body, note)
    default:
      throw AdminRefusal(
        status: 400, code: "INVALID_ACTION", message: "action is redrive, cancel or discard, not \(action)")
    }
  }

  private func redrive(_ body: JSON, _ note: ChangeNote) async throws -> JSON {
    if let id = body["id"]?.string {
      let outcome = try await room.shelf.redrive(try await letter(id))
      return JSON(present: [
        "redriven": .bool(outcome == nil), "outcome": outcome.map { .string($0.word) },
        "because": outcome.map { .string($0.sentence) },
      ])
    }
    let queue = try known(body["queue"]?.string ?? room.shelf.queues[0])
    let rate = body["per_second"]?.int
    if let rate, !(1...Mover.perSecondMax).contains(rate) {
      throw AdminRefusal(
        status: 400, code: "INVALID_RATE", message: "per_second is 1 to \(Mover.perSecondMax), not \(rate)")
    }
    guard
      let task = try await room.mover.start(
        source: queue, destination: nil, perSecond: rate, code: body["code"]?.string, note)
    else {
      throw AdminRefusal(status: 409, code: "TASK_RUNNING", message: "a task is already running on \(queue)")
    }
    return task.view
  }

  private func discard(_ body: JSON, _ note: ChangeNote) async throws -> JSON {
    let letters: [Letter]
    if let id = body["id"]?.string {
      letters = [try await letter(id)]
    } else if let code = body["code"]?.string {
      letters = try await room.shelf.letters(try (body["queue"]?.string).map(known)).filter { $0.code == code }
    } else {
      throw AdminRefusal(status: 400, code: "MALFORMED_REQUEST", message: "id or code says which letters")
    }
    var gone = 0
    for letter in letters where try await room.shelf.discard(letter, note) { gone += 1 }
    return ["discarded": JSON(gone)]
  }

  func tasks() async throws -> [MoveTask] { try await room.mover.tasks(nil) }

  private func letter(_ id: String) async throws -> Letter {
    guard let letter = try await room.shelf.letter(id) else {
      throw AdminRefusal(status: 404, code: "NO_SUCH_LETTER", message: "no dead letter has the id \(id)")
    }
    return letter
  }

  private func known(_ queue: String) throws -> String {
    guard room.shelf.queues.contains(queue) else {
      let known = room.shelf.queues.joined(separator: ", ")
      throw AdminRefusal(
        status: 404, code: "NO_SUCH_QUEUE", message: "\(queue) is no dead-letter queue; there are \(known)")
    }
    return queue
  }
}
