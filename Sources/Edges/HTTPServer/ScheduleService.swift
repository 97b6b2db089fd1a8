import Engine
import Events
import Rules
import Schedules

/// `POST /_bellcrank/schedules/NAME/ACTION`: what operators do with schedules (§9), each act with who and why.
///
/// NAME is a rule's, or `group/name` of a schedule, percent-encoded.
struct ScheduleService: Sendable {
  /// Fires that `show` lists unless it is told otherwise.
  static let firesShown = 10
  /// Backfills that a list has.
  static let backfillsShown = 100

  /// Clocks that one view shows.
  static let zonesMax = 5

  private let runtime: Runtime

  init(_ runtime: Runtime) {
    self.runtime = runtime
  }

  // MARK: Reading

  /// `GET /_bellcrank/schedules?group=&state=&prefix=&after=&limit=&language=&zones=A,B`
  func list(_ fields: [String: String]) async throws -> JSON {
    var listing = ScheduleListing()
    listing.group = fields["group"]
    listing.prefix = fields["prefix"]
    listing.after = fields["after"]
    listing.language = try language(fields)
    listing.zones = try zones(fields)
    if let text = fields["state"] {
      guard let state = Rule.State(rawValue: text.uppercased()) else {
        throw malformed("state is ENABLED or DISABLED, not \(text)")
      }
      listing.state = state
    }
    if let text = fields["limit"] {
      guard let limit = Int(text), (1...ScheduleListing.limitMax).contains(limit) else {
        throw malformed("limit is 1 to \(ScheduleListing.limitMax), not \(text)")
      }
      listing.limit = limit
    }
    return try await ScheduleViews(runtime).list(listing)
  }

  /// `GET /_bellcrank/schedules/NAME?count=&language=&zones=A,B`
  func show(_ name: String, _ fields: [String: String]) async throws -> JSON {
    try await refusing {
      let owner = try await ScheduleControl(runtime).owner(name)
      let count = fields["count"].flatMap { Int($0) } ?? ScheduleService.firesShown
      return try await ScheduleViews(runtime).show(
        owner, count: count, try language(fields), try zones(fields))
    }
  }

  /// The clocks on which a schedule is said beside its own.
  private func zones(_ fields: [String: String]) throws(AdminRefusal) -> [ZoneRules] {
    let names = (fields["zones"] ?? "").split(separator: ",").map(String.init)
    guard names.count <= ScheduleService.zonesMax else {
      throw malformed("zones are \(ScheduleService.zonesMax) at most, not \(names.count)")
    }
    var zones: [ZoneRules] = []
    for name in names {
      do throws(ZoneError) {
        zones.append(try runtime.ports.zones.zone(name))
      } catch {
        throw malformed(error.reason)
      }
    }
    return zones
  }

  private func language(_ fields: [String: String]) throws(AdminRefusal) -> WordsLanguage {
    guard let text = fields["language"] else { return .english }
    guard let language = WordsLanguage(rawValue: text) else { throw malformed("language is en or ko, not \(text)") }
    return language
  }

  // MARK: Acting

  func act(_ name: String, _ action: String, _ body: JSON, who: String) async throws -> JSON {
    let note = ChangeNote(operation: action, who: body["who"]?.string ?? who, why: body["why"]?.string)
    let control = ScheduleControl(runtime)
    return try await refusing {
      switch action {
      case "disable", "pause":
        return shown(try await control.pause(name, until: try until(body), note))
      case "enable", "resume": return try await resume(name, isPlan: body["plan"]?.bool ?? false, note)
      case "set": return shown(try await control.set(name, try policies(body), note))
      case "change":
        guard let expression = body["expression"]?.string else { throw malformed("expression is a string") }
        return shown(try await control.change(name, to: expression, note))
      case "run": return try await control.run(name, requestID: runtime.ports.entropy.uuid(), note)
      case "recover":
        guard let slot = body["slot"]?.string.flatMap({ Timestamp($0) }) else {
          throw malformed("slot is an instant like 2025-09-09T22:00:00Z")
        }
        return try await control.recover(name, slot: slot, note)
      case "backfill": return try await backfill(name, body, note)
      default:
        let known = "pause, resume, disable, enable, set, change, run, recover, backfill"
        throw AdminRefusal(status: 400, code: "INVALID_ACTION", message: "action is one of \(known), not \(action)")
      }
    }
  }

  private func shown(_ owner: SlotOwner) -> JSON { ScheduleViews(runtime).brief(owner) }

  private func resume(_ name: String, isPlan: Bool, _ note: ChangeNote) async throws -> JSON {
    let control = ScheduleControl(runtime)
    if isPlan {
      let plan = try await control.planOfResuming(name)
      var json = shown(try await control.owner(name))
      json.set("plan", plan?.view ?? .null)
      return json
    }
    let (owner, plan) = try await control.resume(name, note)
    var json = shown(owner)
    json.set("plan", plan?.view ?? .null)
    return json
  }

  private func until(_ body: JSON) throws -> Timestamp? {
    if let text = body["until"]?.string {
      guard let until = Timestamp(text) else { throw malformed("until is an instant like 2025-09-09T22:00:00Z") }
      return until
    }
    guard let json = body["seconds"] else { return nil }
    guard let seconds = json.int, (1...ScheduleControl.pauseDaysMax * 86_400).contains(seconds) else {
      throw malformed("seconds is 1 to \(ScheduleControl.pauseDaysMax * 86_400)")
    }
    return runtime.ports.clock.now() + .seconds(seconds)
  }

  private func policies(_ body: JSON) throws -> PolicyChange {
    func word<Value: RawRepresentable & CaseIterable>(_ key: String, _ type: Value.Type) throws -> Value?
    where Value.RawValue == String {
      guard let json = body[key] else { return nil }
      guard let value = json.string.flatMap({ Value(rawValue: $0) }) else {
        throw malformed("\(key) is one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      return value
    }
    func number(_ key: String) throws -> Int? {
      guard let json = body[key] else { return nil }
      guard let number = json.int else { throw malformed("\(key) is a whole number") }
      return number
    }
    var change = PolicyChange()
    change.misfire = try word("misfire", MisfirePolicy.Kind.self)
    if let seconds = try number("max_age_seconds") {
      guard (0...ScheduleControl.windowDaysMax * 86_400).contains(seconds) else {
        throw malformed("max_age_seconds is 0 to \(ScheduleControl.windowDaysMax * 86_400)")
      }
      change.window = .seconds(seconds)
    }
    change.countMax = try number("max_count")
    change.overlap = try word("overlap", OverlapPolicy.self)
    change.gap = try word("gap", ClockChangeRule.Gap.self)
    change.fold = try word("fold", ClockChangeRule.Fold.self)
    return change
  }

  // MARK: Backfills

  private func backfill(_ name: String, _ body: JSON, _ note: ChangeNote) async throws -> JSON {
    guard let from = body["from"]?.string.flatMap({ Timestamp($0) }),
      let to = body["to"]?.string.flatMap({ Timestamp($0) })
    else { throw malformed("from and to are instants like 2025-09-09T22:00:00Z") }
    var pace: BackfillPace?
    if let text = body["pace"]?.string {
      guard let read = BackfillPace(text) else {
        throw malformed("pace is a count of 1 to 1000 and s, min or h, like 10/min; not \(text)")
      }
      pace = read
    }
    let ask = BackfillAsk(
      from: from, to: to, every: body["every"]?.int ?? 1, limit: body["limit"]?.int ?? Backfill.slotsMax, pace: pace)
    let control = BackfillControl(runtime)
    if body["plan"]?.bool == true { return try await control.plan(name, ask).json }
    return try await control.start(name, ask, note).progress
  }

  /// `GET /_bellcrank/backfills`
  func backfills() async throws -> JSON {
    let all = try await runtime.ports.backfills.backfills(nil, limit: ScheduleService.backfillsShown)
    return ["backfills": .array(all.map(\.progress))]
  }

  /// `GET /_bellcrank/backfills/ID`; nil if there is none.
  func backfill(_ id: String) async throws -> JSON? {
    try await runtime.ports.backfills.backfill(id)?.progress
  }

  /// `POST /_bellcrank/backfills/ID/stop` or `resume`
  func act(onBackfill id: String, _ action: String, _ body: JSON, who: String) async throws -> JSON {
    let note = ChangeNote(operation: action, who: body["who"]?.string ?? who, why: body["why"]?.string)
    return try await refusing {
      switch action {
      case "stop": return try await BackfillControl(runtime).set(id, .stopped, note).progress
      case "resume": return try await BackfillControl(runtime).set(id, .running, note).progress
      default: throw malformed("action is stop or resume, not \(action)")
      }
    }
  }

  // MARK: Refusals

  private func malformed(_ message: String) -> AdminRefusal {
    AdminRefusal(status: 400, code: "MALFORMED_REQUEST", message: message)
  }

  private func refusing(_ body: () async throws -> JSON) async throws -> JSON {
    do {
      return try await body()
    } catch let error as ControlError {
      throw AdminRefusal(
        status: ScheduleService.status(of: error.code), code: error.code.rawValue, message: error.reason)
    }
  }

  private static func status(of code: ControlError.Code) -> Int {
    switch code {
    case .noSuchRule, .noSuchBackfill: 404
    case .notScheduled, .invalidSchedule, .invalidSlot, .invalidPause, .invalidPolicy, .invalidRange: 400
    case .slotPending, .noFunctionTarget: 409
    case .failed: 503
    }
  }
}

extension RecoveryPlan {
  /// The plan with its own words.
  var view: JSON {
    var json = json
    json.set("words", .string(words))
    return json
  }
}
