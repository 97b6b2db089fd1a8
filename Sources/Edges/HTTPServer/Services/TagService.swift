import AWSWire
import Alarms
import Engine
import Events
import Operations

/// The tags of CloudWatch's resources on the wire: alarms and dashboards have them here.
struct TagService: Sendable {
  private enum Resource {
    case alarm(String)
    case dashboard(String)
  }

  private let context: ServiceContext

  init(_ context: ServiceContext) {
    self.context = context
  }

  func answer(_ operation: CloudWatchOperation, _ input: WireInput) async throws -> WireTree? {
    let arn = try input.requiredText("ResourceARN", 1...1_024)
    let resource = try resource(arn)
    let before = try await tags(of: resource)
    guard let before else { throw TagService.noResource(arn) }
    if operation == .listTagsForResource { return .members(["Tags": before.shape]) }
    let added = try Tags(input, refusal: .invalidParameterValue)
    let removed = try input.texts("TagKeys") ?? []
    try before.check(with: added, removed, refusal: .invalidParameterValue)
    let edit: @Sendable (inout Tags) -> Void = { $0.change(adding: added, removing: removed) }
    let isThere: Bool
    switch resource {
    case .alarm(let name):
      isThere = try await context.room.alarms.tag(name) { pairs in
        var tags = Tags(pairs: pairs)
        edit(&tags)
        pairs = tags.pairs
      }
    case .dashboard(let name): isThere = try await DashboardService(context).tag(name, edit)
    }
    guard isThere else { throw TagService.noResource(arn) }
    return nil
  }

  private func resource(_ arn: String) throws(WireError) -> Resource {
    guard let name = ResourceName(arn), name.service == "cloudwatch" else {
      throw WireError(.invalidParameterValue, "The value \(arn) for parameter ResourceARN is no ARN of CloudWatch.")
    }
    let alarms = context.room.alarms.arn("").description
    let boards = DashboardService(context).arn("")
    if arn.begins(with: alarms) { return .alarm(arn.after(alarms)) }
    if arn.begins(with: boards) { return .dashboard(arn.after(boards)) }
    throw TagService.noResource(arn)
  }

  private func tags(of resource: Resource) async throws(StoreError) -> Tags? {
    switch resource {
    case .alarm(let name): try await context.room.alarms.alarm(name).map { Tags(pairs: $0.definition.tags) }
    case .dashboard(let name): try await DashboardService(context).tags(of: name)
    }
  }

  private static func noResource(_ arn: String) -> WireError {
    WireError(.resourceNotFound, "There is no resource \(arn)", members: [.init("ResourceId", .text(arn))])
  }
}

/// Tags of a resource: at most 50, each key once. Source: CloudWatch API, `TagResource`.
struct Tags: Sendable, Hashable {
  static let countMax = 50
  static let keyLengths = 1...128
  static let valueLengths = 0...256
  /// Keys of AWS's own.
  private static let reservedPrefix = "aws:"

  private(set) var pairs: [String: String]

  init(pairs: [String: String]) {
    self.pairs = pairs
  }

  /// Reads what `json` wrote; anything else has no tags.
  init(json: JSON?) {
    pairs = Dictionary(
      (json?.members ?? []).compactMap { member in member.value.string.map { (member.key, $0) } },
      uniquingKeysWith: { _, last in last })
  }

  /// Reads `Tags` of a request, a list of keys and values.
  init(_ input: WireInput, refusal: WireError.Code) throws(WireError) {
    var pairs: [String: String] = [:]
    for tag in try input.structures("Tags") ?? [] {
      let key = try tag.requiredText("Key", Tags.keyLengths)
      guard pairs.updateValue(try tag.text("Value", Tags.valueLengths) ?? "", forKey: key) == nil else {
        throw WireError(refusal, "The tag key \(key) comes more than once.")
      }
    }
    try self.init(checked: pairs, refusal: refusal)
  }

  /// - Throws: what CloudWatch and CloudWatch Logs refuse of tags that somebody gives.
  init(checked pairs: [String: String], refusal: WireError.Code) throws(WireError) {
    self.pairs = pairs
    guard pairs.count <= Tags.countMax else {
      throw WireError(refusal, "A resource has at most \(Tags.countMax) tags, not \(pairs.count).")
    }
    for (key, value) in pairs {
      guard Tags.keyLengths.contains(key.unicodeScalars.count), Tags.valueLengths.contains(value.unicodeScalars.count)
      else { throw WireError(refusal, "A tag key has 1 to 128 characters and its value at most 256.") }
      guard !key.lowercased().hasPrefix(Tags.reservedPrefix) else {
        throw WireError(refusal, "The tag key \(key) is reserved: it begins with \(Tags.reservedPrefix).")
      }
    }
  }

  mutating func change(adding added: Tags, removing keys: [String]) {
    pairs.merge(added.pairs, uniquingKeysWith: { _, new in new })
    for key in keys { pairs[key] = nil }
  }

  /// Refuses a change that would leave too many.
  func check(with added: Tags, _ removed: [String], refusal: WireError.Code) throws(WireError) {
    var after = self
    after.change(adding: added, removing: removed)
    guard after.pairs.count <= Tags.countMax else {
      throw WireError(refusal, "A resource has at most \(Tags.countMax) tags, not \(after.pairs.count).")
    }
  }

  private var sorted: [(key: String, value: String)] { pairs.sorted { $0.key < $1.key } }

  var json: JSON { .object(sorted.map { .init($0.key, .string($0.value)) }) }

  /// As CloudWatch lists them.
  var shape: WireTree {
    .list(sorted.map { .members(["Key": .text($0.key), "Value": .text($0.value)]) })
  }

  /// As CloudWatch Logs maps them.
  var map: WireTree { .structure(sorted.map { .init($0.key, .text($0.value)) }) }
}
