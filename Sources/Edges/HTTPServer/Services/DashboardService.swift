import AWSWire
import Engine
import Events
import Measures
import Operations

/// The dashboards of CloudWatch on the wire.
struct DashboardService: Sendable {
  /// Boards of one page. Source: CloudWatch API, `ListDashboards`.
  static let pageMax = 1_000
  /// Names of one request. Source: CloudWatch API, `DeleteDashboards`.
  static let namesMax = 100
  /// Complaints that a message names; the error has all of them.
  private static let complaintsShownMax = 10
  private static let listing = Listing("ListDashboards", refusal: .invalidParameterValue)
  /// One change of a board at a time, so that no change of its tags is lost.
  private static let turnstile = Turnstile()

  private let context: ServiceContext

  init(_ context: ServiceContext) {
    self.context = context
  }

  func answer(_ operation: CloudWatchOperation, _ input: WireInput) async throws -> WireTree? {
    switch operation {
    case .putDashboard: return try await put(input)
    case .getDashboard: return try await get(input)
    case .listDashboards: return try await list(input)
    case .deleteDashboards: return try await delete(input)
    case .putMetricData, .getMetricData, .getMetricStatistics, .listMetrics, .putMetricAlarm, .describeAlarms,
      .describeAlarmsForMetric, .describeAlarmHistory, .setAlarmState, .deleteAlarms, .enableAlarmActions,
      .disableAlarmActions, .tagResource, .untagResource, .listTagsForResource:
      throw WireError(.unknownOperation, "\(operation.rawValue) is no operation of dashboards.")
    }
  }

  /// Dashboards are everywhere, so no region is in their names.
  func arn(_ dashboard: String) -> String {
    "arn:aws:cloudwatch::\(context.names.account):dashboard/\(dashboard)"
  }

  /// The tags of a board; nil if there is none of that name.
  func tags(of name: String) async throws(StoreError) -> Tags? {
    try await context.room.documents.document(.dashboard, name).map { Tags(json: $0.json["tags"]) }
  }

  /// Changes the tags of a board; false if there is none of that name.
  func tag(_ name: String, _ edit: @escaping @Sendable (inout Tags) -> Void) async throws(StoreError) -> Bool {
    try await change(name) { board in
      guard var json = board?.json else { return nil }
      var tags = Tags(json: json["tags"])
      edit(&tags)
      json.set("tags", tags.json)
      return json
    }
  }

  /// Writes what becomes of a board; false if nothing does.
  private func change(
    _ name: String, _ edit: @escaping @Sendable (Document?) -> JSON?
  ) async throws(StoreError) -> Bool {
    try await DashboardService.turnstile.pass { () throws(StoreError) in
      let documents = context.room.documents
      guard let json = edit(try await documents.document(.dashboard, name)) else { return false }
      try await documents.save([DocumentChange(.dashboard, name, json)], at: context.now)
      return true
    }
  }

  private static func check(_ name: String) throws(WireError) {
    guard Dashboard.isName(name) else {
      throw WireError(
        .invalidParameterValue,
        "The value \(name) for field DashboardName contains invalid characters. It can only contain alphanumerics, dash "
          + "(-) and underscore (_).")
    }
  }

  private func put(_ input: WireInput) async throws -> WireTree? {
    let name = try input.requiredText("DashboardName")
    let body = try input.requiredText("DashboardBody", 1...4_194_304)
    try DashboardService.check(name)
    let tags = try Tags(input, refusal: .invalidParameterValue)
    let complaints = Dashboard.complaints(about: body)
    guard complaints.isEmpty else {
      let shown = complaints.prefix(DashboardService.complaintsShownMax)
      let list = shown.map { "\($0.dataPath): \($0.message)" }.joined(separator: "; ")
      let messages = complaints.map { complaint -> WireTree in
        .members(["DataPath": .text(complaint.dataPath), "Message": .text(complaint.message)])
      }
      throw WireError(
        .dashboardInvalidInput,
        "The dashboard body is invalid, there are \(complaints.count) validation errors: \(list)",
        members: [.init("dashboardValidationMessages", .list(messages))])
    }
    // Tags are for a new board; those of an older one stay, as with CloudWatch.
    _ = try await change(name) { board in
      ["body": .string(body), "tags": board == nil ? tags.json : Tags(json: board?.json["tags"]).json]
    }
    return .members(["DashboardValidationMessages": .list([])])
  }

  private func get(_ input: WireInput) async throws -> WireTree? {
    let name = try input.requiredText("DashboardName")
    try DashboardService.check(name)
    guard let board = try await context.room.documents.document(.dashboard, name) else {
      throw WireError(.dashboardNotFound, "Dashboard \(name) does not exist")
    }
    return .members([
      "DashboardArn": .text(arn(name)), "DashboardBody": .text(board.json["body"]?.string ?? ""),
      "DashboardName": .text(name),
    ])
  }

  private func list(_ input: WireInput) async throws -> WireTree? {
    let prefix = try input.text("DashboardNamePrefix") ?? ""
    // A prefix may have dots, which no name has.
    let plain = prefix.filter { $0 != "." }
    if !plain.isEmpty { try DashboardService.check(plain) }
    let boards = try await context.room.documents.documents(.dashboard).filter { $0.name.begins(with: prefix) }
    let page = try ListPage(
      boards, DashboardService.listing, limit: nil, after: try input.text("NextToken"),
      max: DashboardService.pageMax, name: \.name)
    return .members([
      "DashboardEntries": .list(
        page.elements.map { board in
          .members([
            "DashboardName": .text(board.name), "DashboardArn": .text(arn(board.name)),
            "LastModified": .time(board.changedAt), "Size": .integer(board.json["body"]?.string?.utf8.count ?? 0),
          ])
        }), "NextToken": page.nextToken.map { .text($0) },
    ])
  }

  /// Deletes as many as there are, and then says which are not.
  private func delete(_ input: WireInput) async throws -> WireTree? {
    let names = try input.texts("DashboardNames") ?? []
    guard (1...DashboardService.namesMax).contains(names.count) else {
      throw WireError(
        .invalidParameterValue,
        "The collection DashboardNames must have 1 to \(DashboardService.namesMax) members, not \(names.count).")
    }
    for name in names { try DashboardService.check(name) }
    let documents = context.room.documents
    let missing = try await DashboardService.turnstile.pass { () throws(StoreError) in
      var missing: [String] = []
      for name in names where try await !documents.remove(.dashboard, name, at: context.now) { missing.append(name) }
      return missing
    }
    guard missing.isEmpty else {
      throw WireError(.dashboardNotFound, "Dashboards do not exist: \(missing.joined(separator: ", "))")
    }
    return nil
  }
}
