import Deliveries
import Engine
import Events
import Rules

extension Doctor {
  /// Schedules that one examination looks at, enabled or not, however many there are.
  public static let schedulesMax = 5_000
  /// Schedules whose trouble has a line of its own.
  public static let schedulesNamed = 10
  private static let schedulesPage = 500

  /// The targets of enabled schedules: there, allowed by the schedule's role, and with dead letters that go somewhere.
  func schedules() async throws(StoreError) -> [Check] {
    var survey = try await TargetSurvey(engine)
    var checks: [Check] = []
    var (seen, enabled, unwell, isAll) = (0, 0, 0, false)
    // Not asked for by state: whoever has a million that rest would wait for the store to pass over them.
    var query = ScheduleQuery()
    while seen < Doctor.schedulesMax, !isAll {
      query.limit = min(Doctor.schedulesPage, Doctor.schedulesMax - seen) + 1  // One more tells whether there is more.
      let page = try await engine.schedules.schedules(query)
      let looked = page.prefix(query.limit - 1)
      for schedule in looked where schedule.isEnabled {
        enabled += 1
        guard let check = try await check(schedule, &survey) else { continue }
        unwell += 1
        if unwell <= Doctor.schedulesNamed { checks.append(check) }
      }
      seen += looked.count
      isAll = page.count < query.limit
      query.after = looked.last?.name
    }
    let rest = isAll ? "" : "; only the first \(seen) schedules by name were looked at"
    if unwell > Doctor.schedulesNamed {
      checks.append(
        Check(
          "schedules", .failing,
          "\(unwell - Doctor.schedulesNamed) more of \(enabled) enabled schedules have such trouble\(rest)",
          fix: "bellcrank schedule list --state enabled"))
    } else if unwell > 0, !isAll {
      checks.append(Check("schedules", .warning, "only the first \(seen) schedules by name were looked at"))
    }
    guard checks.isEmpty else { return checks }
    let words =
      enabled == 0
      ? "no schedule of EventBridge Scheduler is enabled"
      : "\(enabled) enabled schedules have targets that are there and roles that allow them"
    return [Check("schedules", .fine, words + rest)]
  }

  private func check(_ schedule: Schedule, _ survey: inout TargetSurvey) async throws(StoreError) -> Check? {
    let name = schedule.name
    if let obstacle = try await survey.obstacle(schedule.target, of: name) {
      return Check(
        "schedules", .failing, "the schedule \(name) cannot reach its target: \(obstacle.error.reason)",
        fix: fix(obstacle, of: name))
    }
    guard let letters = survey.missingDeadLetters(schedule.target) else { return nil }
    return Check(
      "schedules", .warning,
      "the schedule \(name) has a dead-letter queue that does not exist, so what its target does not take is lost: "
        + letters.name,
      fix: "aws sqs create-queue --queue-name \(letters.name)")
  }

  private func fix(_ obstacle: TargetSurvey.Obstacle, of name: ScheduleName) -> String {
    switch obstacle {
    case .input: return "bellcrank schedule show \(name)"
    case .missing(let resource):
      guard resource.account == engine.settings.names.account, resource.region == engine.settings.names.region else {
        return "bellcrank schedule show \(name)"
      }
      switch resource.service {
      case "sqs": return "aws sqs create-queue --queue-name \(resource.name)"
      case "events": return "aws events create-event-bus --name \(resource.name)"
      case _: return "bellcrank schedule show \(name)"
      }
    case .refused(let use, _):
      guard let role = room.permissions.role(arn: use.role) else { return "bellcrank schedule show \(name)" }
      let group = engine.settings.names.scheduleGroup(name.group)
      guard room.permissions.isAssumable(role, for: group) else {
        let trust =
          #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"scheduler.amazonaws.com"},"#
          + #""Action":"sts:AssumeRole"}]}"#
        return "aws iam update-assume-role-policy --role-name \(role.name) --policy-document '\(trust)'"
      }
      let policy =
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"\#(use.action)","Resource":"\#(use.resource)"}]}"#
      return "aws iam put-role-policy --role-name \(role.name) --policy-name schedules --policy-document '\(policy)'"
    }
  }
}
