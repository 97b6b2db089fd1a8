import Engine
import Events
import Policies
import Rules

extension Permissions {
  /// Who invokes the targets of schedules.
  static let scheduler = "scheduler.amazonaws.com"

  /// The role of that ARN; nil if it is none of this environment's.
  public func role(arn: String) -> Role? {
    guard let name = ResourceName(arn), name.service == "iam", let last = name.resource.split(separator: "/").last,
      let role = role(String(last)), role.arn(names.account) == name
    else { return nil }
    return role
  }

  /// Whether EventBridge Scheduler may assume a role for the schedules of a group.
  ///
  /// Source: EventBridge Scheduler user guide, "Confused deputy prevention": the source is the group, not the schedule.
  public func isAssumable(_ role: Role, for group: ResourceName) -> Bool {
    do {
      let trust = NamedPolicy("trust", try PolicyDocument(role.trust, as: .trust))
      let arn = role.arn(names.account)
      let request = PolicyRequest(
        principal: .service(Permissions.scheduler), action: "sts:AssumeRole", resource: arn.description,
        resourceAccount: arn.account,
        context: PolicyContext([
          "aws:SourceArn": [group.description], "aws:SourceAccount": [group.account],
          "aws:PrincipalIsAWSService": ["true"], "aws:PrincipalServiceName": [Permissions.scheduler],
        ]))
      return PolicyEvaluation(request, PolicySet(resource: trust)).decision == .allowed
    } catch {
      return false
    }
  }

  public func refusal(_ use: RoleUse) -> String? {
    guard let role = role(arn: use.role) else { return nil }
    let arn = role.arn(names.account)
    guard let schedule = ScheduleName(String(use.schedule.resource.dropFirst("schedule/".count))),
      isAssumable(role, for: names.scheduleGroup(schedule.group))
    else {
      return "\(Permissions.scheduler) may not assume \(arn): its trust policy does not allow sts:AssumeRole"
    }
    let session = ResourceName(
      service: "sts", region: "", account: arn.account, resource: "assumed-role/\(role.name)/scheduler")
    let request = PolicyRequest(
      principal: .identity(session), action: use.action, resource: use.resource.description,
      resourceAccount: use.resource.account,
      context: PolicyContext([
        "aws:PrincipalArn": [arn.description], "aws:PrincipalAccount": [arn.account],
        "aws:RequestedRegion": [names.region], "aws:SecureTransport": ["true"], "aws:PrincipalType": ["AssumedRole"],
      ]), role: arn)
    do {
      return evaluate(request, identity: try role.identity()).denial(of: request)
    } catch {
      return "the policies of \(arn) cannot be read: \(error.message)"
    }
  }
}
