import Events

/// An operation of EventBridge Scheduler, its members named as AWS names them.
///
/// Source: botocore, `scheduler/2021-06-30/service-2.json`.
public enum SchedulerOperation: Sendable, Hashable {
  case createSchedule(ScheduleInput)
  case updateSchedule(ScheduleInput)
  case getSchedule(Reference)
  case deleteSchedule(Reference, clientToken: String?)
  case listSchedules(ListInput)
  case createScheduleGroup(name: String, tags: [Tag], clientToken: String?)
  case getScheduleGroup(name: String)
  case deleteScheduleGroup(name: String, clientToken: String?)
  case listScheduleGroups(namePrefix: String?, Page)
  case tagResource(arn: String, [Tag])
  case untagResource(arn: String, keys: [String])
  case listTagsForResource(arn: String)

  /// Which schedule.
  public struct Reference: Sendable, Hashable {
    public let name: String
    /// nil for the default group.
    public let group: String?
  }

  /// Which schedules to list; nil matches every one.
  public struct ListInput: Sendable, Hashable {
    public let group: String?
    public let namePrefix: String?
    public let state: ScheduleInput.State?
    public let page: Page
  }

  /// Which page of a listing.
  public struct Page: Sendable, Hashable {
    /// 1 to 100.
    public let limit: Int?
    public let nextToken: String?
  }

  /// AWS's name of the operation.
  public var name: String {
    switch self {
    case .createSchedule: "CreateSchedule"
    case .updateSchedule: "UpdateSchedule"
    case .getSchedule: "GetSchedule"
    case .deleteSchedule: "DeleteSchedule"
    case .listSchedules: "ListSchedules"
    case .createScheduleGroup: "CreateScheduleGroup"
    case .getScheduleGroup: "GetScheduleGroup"
    case .deleteScheduleGroup: "DeleteScheduleGroup"
    case .listScheduleGroups: "ListScheduleGroups"
    case .tagResource: "TagResource"
    case .untagResource: "UntagResource"
    case .listTagsForResource: "ListTagsForResource"
    }
  }

  /// What makes a repetition harmless, if its sender said so.
  public var clientToken: String? {
    switch self {
    case .createSchedule(let input), .updateSchedule(let input): input.clientToken
    case .deleteSchedule(_, let token), .createScheduleGroup(_, _, let token), .deleteScheduleGroup(_, let token): token
    case .getSchedule, .listSchedules, .getScheduleGroup, .listScheduleGroups, .tagResource, .untagResource,
      .listTagsForResource:
      nil
    }
  }

  /// Reads the operation out of method, path, query and body; nil if it is none.
  init?(_ request: WireRequest) throws(WireError) {
    let parts = request.path.split(separator: "/", maxSplits: 1).map(String.init)
    guard let kind = parts.first, parts.count <= 2 else { return nil }
    let name = parts.count == 2 ? parts[1].percentDecoded(plusIsBlank: false) ?? parts[1] : nil
    var validation = Validation()
    switch (request.method, kind, name) {
    case ("POST", "schedules", let name?):
      self = .createSchedule(try ScheduleInput(try SchedulerOperation.body(request, "Name", name), &validation))
    case ("PUT", "schedules", let name?):
      self = .updateSchedule(try ScheduleInput(try SchedulerOperation.body(request, "Name", name), &validation))
    case ("GET", "schedules", let name?):
      let query = try SchedulerOperation.query(request, ["Name": name])
      self = .getSchedule(try Reference(query, &validation))
    case ("DELETE", "schedules", let name?):
      let query = try SchedulerOperation.query(request, ["Name": name])
      let token = try validation.text(query, "clientToken", .clientToken)
      self = .deleteSchedule(try Reference(query, &validation), clientToken: token)
    case ("GET", "schedules", nil):
      self = .listSchedules(try ListInput(try SchedulerOperation.query(request, [:]), &validation))
    case (let method, "schedule-groups", let name):
      guard let operation = try SchedulerOperation(group: name, method, request, &validation) else { return nil }
      self = operation
    case (let method, "tags", let arn?):
      guard let operation = try SchedulerOperation(tagsOf: arn, method, request, &validation) else { return nil }
      self = operation
    default: return nil
    }
    try validation.settle()
  }

  private init?(
    group name: String?, _ method: String, _ request: WireRequest, _ validation: inout Validation
  ) throws(WireError) {
    switch (method, name) {
    case ("POST", let name?):
      let body = try SchedulerOperation.body(request, "Name", name)
      self = .createScheduleGroup(
        name: try validation.requiredText(body, "Name", .scheduleName),
        tags: try SchedulerOperation.tags(body, &validation),
        clientToken: try validation.text(body, "ClientToken", .clientToken))
    case ("GET", let name?):
      let query = try SchedulerOperation.query(request, ["Name": name])
      self = .getScheduleGroup(name: try validation.requiredText(query, "Name", .scheduleName))
    case ("DELETE", let name?):
      let query = try SchedulerOperation.query(request, ["Name": name])
      self = .deleteScheduleGroup(
        name: try validation.requiredText(query, "Name", .scheduleName),
        clientToken: try validation.text(query, "clientToken", .clientToken))
    case ("GET", nil):
      let query = try SchedulerOperation.query(request, [:])
      self = .listScheduleGroups(
        namePrefix: try validation.text(query, "NamePrefix", .scheduleName), try Page(query, &validation))
    default: return nil
    }
  }

  private init?(
    tagsOf arn: String, _ method: String, _ request: WireRequest, _ validation: inout Validation
  ) throws(WireError) {
    switch method {
    case "POST":
      let body = try SchedulerOperation.body(request, "ResourceArn", arn)
      let arn = try validation.requiredText(body, "ResourceArn", .scheduleGroupARN)
      if body.value("Tags") == nil { validation.missing(body.place("Tags")) }
      self = .tagResource(arn: arn, try SchedulerOperation.tags(body, &validation))
    case "DELETE":
      let query = try SchedulerOperation.query(request, ["ResourceArn": arn])
      let arn = try validation.requiredText(query, "ResourceArn", .scheduleGroupARN)
      let keys = (Form(parsing: request.query)?.fields ?? []).filter { $0.name == "TagKeys" }.map(\.value)
      if keys.isEmpty { validation.missing(query.place("TagKeys")) }
      validation.bound(keys.count, 0...200, "[\(keys.count) members]", at: query.place("TagKeys"), "have length")
      for (index, key) in keys.enumerated() {
        validation.check(key, .tagKey, at: "\(query.place("TagKeys")).\(index + 1).member")
      }
      self = .untagResource(arn: arn, keys: keys)
    case "GET":
      let query = try SchedulerOperation.query(request, ["ResourceArn": arn])
      self = .listTagsForResource(arn: try validation.requiredText(query, "ResourceArn", .scheduleGroupARN))
    default: return nil
    }
  }

  // MARK: Parts of requests

  /// The body, with what the path names as one more member.
  private static func body(_ request: WireRequest, _ name: String, _ value: String) throws(WireError) -> Members {
    var json = try Members(body: request.body).json
    json.set(name, .string(value))
    return Members(json)
  }

  /// The members in the query, with what the path names.
  private static func query(_ request: WireRequest, _ named: [String: String]) throws(WireError) -> Members {
    guard let form = Form(parsing: request.query) else {
      throw WireError(.validation, "The query string is malformed.")
    }
    var json = JSON.object([])
    for field in form.fields where field.name != "TagKeys" { json.set(field.name, .string(field.value)) }
    for (name, value) in named { json.set(name, .string(value)) }
    return Members(json, isTextual: true)
  }

  private static func tags(_ members: Members, _ validation: inout Validation) throws(WireError) -> [Tag] {
    let list = try members.structures("Tags") ?? []
    validation.bound(list.count, 0...200, "[\(list.count) members]", at: members.place("Tags"), "have length")
    var tags: [Tag] = []
    for tag in list {
      tags.append(
        Tag(
          key: try validation.requiredText(tag, "Key", .tagKey),
          value: try validation.requiredText(tag, "Value", .scheduleTagValue)))
    }
    return tags
  }
}

extension SchedulerOperation.Reference {
  init(_ query: Members, _ validation: inout Validation) throws(WireError) {
    name = try validation.requiredText(query, "Name", .scheduleName)
    group = try validation.text(query, "groupName", .scheduleName)
  }
}

extension SchedulerOperation.Page {
  init(_ query: Members, _ validation: inout Validation) throws(WireError) {
    limit = try validation.integer(query, "MaxResults", 1...100)
    nextToken = try validation.text(query, "NextToken", .nextToken)
  }
}

extension SchedulerOperation.ListInput {
  init(_ query: Members, _ validation: inout Validation) throws(WireError) {
    group = try validation.text(query, "ScheduleGroup", .scheduleName)
    namePrefix = try validation.text(query, "NamePrefix", .scheduleName)
    state = try validation.choice(query, "State", of: ScheduleInput.State.self)
    page = try SchedulerOperation.Page(query, &validation)
  }
}
