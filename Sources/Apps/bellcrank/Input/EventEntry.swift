import Events

/// One entry of PutEvents as it is sent, made from what people write.
///
/// Source: AWS, `PutEventsRequestEntry`; the server checks what it says, here only its shape is put right.
struct EventEntry: Sendable, Hashable {
  /// The members of the wire; `Detail` is JSON text.
  let wire: JSON

  /// - Parameter detail: a JSON object, as text.
  init(
    source: String, detailType: String, detail: String, resources: [String], time: Timestamp?
  ) throws(CommandFailure) {
    let json: JSON
    do {
      json = try JSON(parsing: detail)
    } catch {
      throw CommandFailure(.invalidInput, "the detail is no JSON: \(error.message)")
    }
    guard json.members != nil else {
      throw CommandFailure(.invalidInput, "the detail is an object, and this is: \(json.kind)")
    }
    wire = EventEntry.wire(source: .string(source), .string(detailType), detail, JSON(resources), time)
  }

  /// Reads a line of a file: an entry as AWS spells it (`Source`, `DetailType`, `Detail` as text or as an object), or
  /// an event's envelope (`source`, `detail-type`, `detail`).
  init(_ line: InputLines.Line) throws(CommandFailure) {
    let json = try line.object(called: "an entry")
    guard json["detail-type"] != nil || json["source"] != nil else {
      var entry = json
      if let detail = json["Detail"], detail.members != nil { entry.set("Detail", .string(detail.text)) }
      wire = entry
      return
    }
    var time: Timestamp?
    if let member = json["time"] {
      guard let moment = member.string.flatMap({ Timestamp($0) }) else {
        throw CommandFailure(.invalidInput, "time is ISO 8601 with a zone, not \(member.text)")
      }
      time = moment
    }
    wire = EventEntry.wire(
      source: json["source"], json["detail-type"], (json["detail"] ?? .object([])).text, json["resources"], time)
  }

  private static func wire(
    source: JSON?, _ detailType: JSON?, _ detail: String, _ resources: JSON?, _ time: Timestamp?
  ) -> JSON {
    JSON(present: [
      "Source": source, "DetailType": detailType, "Detail": .string(detail),
      "Resources": resources?.elements?.isEmpty == true ? nil : resources,
      "Time": time.map { JSON(Double($0.milliseconds) / 1_000) },
    ])
  }
}
