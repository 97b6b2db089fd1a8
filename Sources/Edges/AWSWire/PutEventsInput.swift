import Events

/// Events for a bus; each entry is good or refused by itself.
public struct PutEventsInput: Sendable, Hashable {
  /// Why EventBridge takes one entry and not the other.
  public struct Refusal: Error, Sendable, Hashable {
    /// Raw values are the wire's own codes.
    public enum Code: String, Sendable, Codable, CaseIterable {
      case invalidArgument = "InvalidArgument"
      case malformedDetail = "MalformedDetail"
      case notAuthorizedForSource = "NotAuthorizedForSourceException"
      case internalFailure = "InternalFailure"
      case throttled = "ThrottlingException"
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
      self.code = code
      self.message = message
    }
  }

  /// One event, complete but for its id, account and region.
  public struct Entry: Sendable, Hashable {
    /// nil if the client leaves it to the bus.
    public let time: Timestamp?
    public let source: String
    public let detailType: String
    /// A JSON object.
    public let detail: JSON
    public let resources: [String]
    /// A name or an ARN; nil for the default bus.
    public let eventBusName: String?
    public let traceHeader: String?
  }

  /// 1 to 10, in the order of the request; the answer keeps it.
  public let entries: [Result<Entry, Refusal>]

  init(_ members: Members, _ validation: inout Validation) throws(WireError) {
    var entries: [Result<Entry, Refusal>] = []
    var bytes = 0
    for member in try validation.requiredStructures(members, "Entries", 1...WireLimits.putEventsEntriesMax) {
      let draft = try Draft(member, &validation)
      bytes += draft.bytes
      entries.append(draft.result)
    }
    _ = try validation.text(members, "EndpointId", .endpointID)
    self.entries = entries
    try validation.settle()
    guard bytes <= WireLimits.putEventsBytesMax else {
      throw WireError(.validation, "Total size of the entries in the request is over the limit.")
    }
  }
}

/// An entry as it was sent.
private struct Draft {
  let time: Timestamp?
  let source: String?
  let detailType: String?
  let detail: String?
  let resources: [String]
  let eventBusName: String?
  let traceHeader: String?

  init(_ members: Members, _ validation: inout Validation) throws(WireError) {
    time = try members.moment("Time")
    source = try members.text("Source")
    detailType = try members.text("DetailType")
    detail = try members.text("Detail")
    resources = try members.texts("Resources") ?? []
    for (index, resource) in resources.enumerated() {
      validation.check(resource, .eventResource, at: "\(members.place("Resources")).\(index + 1).member")
    }
    eventBusName = try validation.text(members, "EventBusName", .eventBusName)
    traceHeader = try validation.text(members, "TraceHeader", .traceHeader)
  }

  /// Source: AWS, "Calculating PutEvents event entry size".
  var bytes: Int {
    let texts = [source, detailType, detail].reduce(0) { $0 + ($1?.utf8.count ?? 0) }
    return texts + resources.reduce(0) { $0 + $1.utf8.count } + (time == nil ? 0 : WireLimits.putEventsTimeBytes)
  }

  var result: Result<PutEventsInput.Entry, PutEventsInput.Refusal> {
    guard let source, !source.isEmpty else { return absent("Source") }
    guard let detailType, !detailType.isEmpty else { return absent("DetailType") }
    guard let detail, !detail.isEmpty else { return absent("Detail") }
    guard source != "aws", !source.hasPrefix("aws.") else {
      return .failure(.init(.notAuthorizedForSource, "Not authorized for the source."))
    }
    let json: JSON
    do {
      json = try JSON(parsing: detail)
    } catch {
      return .failure(.init(.malformedDetail, "Detail is malformed."))
    }
    guard json.members != nil else { return .failure(.init(.malformedDetail, "Detail is malformed.")) }
    return .success(
      PutEventsInput.Entry(
        time: time, source: source, detailType: detailType, detail: json, resources: resources,
        eventBusName: eventBusName, traceHeader: traceHeader))
  }

  private func absent(_ name: String) -> Result<PutEventsInput.Entry, PutEventsInput.Refusal> {
    .failure(
      .init(.invalidArgument, "Parameter \(name) is not valid. Reason: \(name) is a required argument."))
  }
}
