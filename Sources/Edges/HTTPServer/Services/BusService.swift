import AWSWire
import Engine
import Events
import Operations
import Policies

/// Event buses: the default one, on which the rules live, and doors for other accounts (D29).
///
/// What a door lets in is forwarded to the default bus; that is the one rule it has.
struct BusService: Sendable {
  private let context: ServiceContext

  init(_ context: ServiceContext) {
    self.context = context
  }

  func answer(_ operation: BusOperation, _ input: WireInput) async throws -> WireTree? {
    switch operation {
    case .createEventBus: return try await create(input)
    case .deleteEventBus: return try await delete(input)
    case .putPermission: return try await PermissionService(context).putPermission(input)
    case .removePermission: return try await PermissionService(context).removePermission(input)
    }
  }

  /// The name of a bus that is here; nil is the default one.
  func existing(_ reference: String?) async throws -> String {
    guard let name = context.names.busName(reference) else { throw WireError.noSuchBus(reference ?? "") }
    guard name != "default" else { return name }
    guard try await context.room.documents.document(.eventBus, name) != nil else { throw WireError.noSuchBus(name) }
    return name
  }

  /// Refuses every bus but the default one: doors have no rules of their own.
  func checkHoldsRules(_ reference: String?) async throws {
    let name = try await existing(reference)
    guard name == "default" else {
      throw WireError(
        .resourceNotFound,
        "Event bus \(name) has no rules: rules live on the default event bus, to which it forwards its events.")
    }
  }

  /// The doors there are, if an entry asks for any.
  func doors(of input: PutEventsInput) async throws -> Set<String> {
    let isAsked = input.entries.contains { entry in
      if case .success(let entry) = entry { entry.eventBusName != nil } else { false }
    }
    return isAsked ? Set(try await context.room.documents.documents(.eventBus).map(\.name)) : []
  }

  // Out of line: the optimizer of Swift 6.3.1 crashes on the coroutine that these are inlined into.
  @inline(never)
  func describe(_ reference: String?) async throws -> EventsAnswer {
    let name = try await existing(reference)
    return .describeEventBus(shape(name, try await context.room.documents.document(.eventBus, name)))
  }

  @inline(never)
  func list(prefix: String?, _ page: EventsOperation.Page) async throws -> EventsAnswer {
    let doors = try await context.room.documents.documents(.eventBus).map { shape($0.name, $0) }
    let all = ([shape("default", nil)] + doors).filter { $0.name.hasPrefix(prefix ?? "") }.sorted { $0.name < $1.name }
    let listed = try ListPage(
      all, Listing("ListEventBuses \(prefix ?? "")", refusal: .validation), limit: page.limit, after: page.nextToken,
      max: EventsService.pageMax, name: \.name)
    return .listEventBuses(listed.elements, nextToken: listed.nextToken)
  }

  private func shape(_ name: String, _ document: Document?) -> EventsAnswer.BusShape {
    let arn = context.names.bus(name)
    return .init(
      name: name, arn: arn.description, description: document?.json["description"]?.string,
      policy: context.room.permissions.policy(of: arn)?.document.text, creationTime: document?.createdAt,
      lastModifiedTime: document?.changedAt, deadLetterArn: document?.json["dead_letters"]?.string)
  }

  private func create(_ input: WireInput) async throws -> WireTree {
    let name = try input.requiredText("Name", 1...256)
    if let source = try input.text("EventSourceName", 1...256) {
      throw WireError(.resourceNotFound, "Event source \(source) does not exist.")
    }
    guard name.wholeMatch(of: /[.\-_A-Za-z0-9]+/) != nil else {
      throw WireError(
        .validation, "Event bus name \(name.prefix(100)) must satisfy [.\\-_A-Za-z0-9]+: only partners' have slashes.")
    }
    let description = try input.text("Description", 0...512)
    guard try input.text("KmsKeyIdentifier") == nil else {
      throw WireError(.validation, "KmsKeyIdentifier is not served: events are not encrypted here.")
    }
    let letters = try deadLetters(input)
    let json = JSON(present: [
      "description": description.map { .string($0) }, "dead_letters": letters.map { .string($0.description) },
    ])
    try await context.room.permissions.change {
      let isThere = try await context.room.documents.document(.eventBus, name) != nil
      guard name != "default", !isThere else {
        throw WireError(.resourceAlreadyExists, "Event bus \(name) already exists.")
      }
      try await context.room.documents.save([DocumentChange(.eventBus, name, json)], at: context.now)
    }
    return .members([
      "EventBusArn": .text(context.names.bus(name).description), "Description": description.map { .text($0) },
      "DeadLetterConfig": letters.map { .members(["Arn": .text($0.description)]) },
    ])
  }

  private func deadLetters(_ input: WireInput) throws -> ResourceName? {
    guard let text = try input.structure("DeadLetterConfig")?.text("Arn") else { return nil }
    guard let queue = ResourceName(text), queue.service == "sqs" else {
      throw WireError(.validation, "Parameter \(text.prefix(200)) is not valid. Reason: it must be the ARN of a queue.")
    }
    return queue
  }

  private func delete(_ input: WireInput) async throws -> WireTree? {
    let name = try input.requiredText("Name", 1...256)
    guard name != "default" else { throw WireError(.validation, "Cannot delete event bus default.") }
    try await context.room.permissions.change {
      _ = try await context.room.documents.remove(.eventBus, name, at: context.now)
      try await context.room.permissions.setPolicy(nil, of: context.names.bus(name))
    }
    return nil
  }
}

extension ResourceNames {
  /// The name of a bus by its name or ARN, nil being the default one; nil if the ARN is none of ours.
  func busName(_ reference: String?) -> String? {
    guard let reference else { return "default" }
    guard reference.hasPrefix("arn:") else { return reference }
    let mark = "event-bus/"
    guard let arn = ResourceName(reference), arn.resource.hasPrefix(mark) else { return nil }
    let name = String(arn.resource.dropFirst(mark.count))
    return arn == bus(name) ? name : nil
  }

  /// The name of a queue by its ARN; nil if it is none of ours.
  func queueName(_ arn: ResourceName) -> String? { arn == queue(arn.resource) ? arn.resource : nil }
}
