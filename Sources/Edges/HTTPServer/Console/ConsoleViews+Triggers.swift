import Engine
import Events

extension ConsoleViews {
  /// Schedules of EventBridge Scheduler that the page of triggers lists.
  static let schedulesShown = 100

  /// All rules, and the first of EventBridge Scheduler's schedules.
  func triggers() async throws -> JSON {
    var view = Views(runtime).rules()
    var listing = ScheduleListing()
    listing.kind = .schedules
    listing.limit = ConsoleViews.schedulesShown
    let page = try await ScheduleViews(runtime).list(listing)
    view.set("schedules", page["schedules"] ?? .array([]))
    if page["next"] != nil { view.set("has_more_schedules", true) }
    return view
  }
}
