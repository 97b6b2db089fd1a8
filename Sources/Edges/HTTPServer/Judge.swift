import AWSWire
import Engine
import Events
import Operations
import Policies

/// Says whether a caller may do what an operation demands.
struct Judge: Sendable {
  private let permissions: Permissions
  private let clock: any WallClock

  init(_ permissions: Permissions, _ clock: any WallClock) {
    self.permissions = permissions
    self.clock = clock
  }

  /// Throws the denial, with the statement that denies or the kind of policy that is missing.
  func permit(_ caller: Caller, _ demand: Demand) throws(WireError) {
    let resource = located(demand.resource)
    let account = ResourceName(resource)?.account ?? ""
    let owner = account.isEmpty ? permissions.names.account : account
    let hasPolicy = ResourceName(resource).map { permissions.policy(of: $0) != nil } ?? false
    if caller.isRoot, caller.account == permissions.names.account, !hasPolicy { return }
    let context = demand.context.merging(caller.keys(at: clock.now(), resourceAccount: owner)) { _, global in global }
    let request = PolicyRequest(
      principal: .identity(caller.arn), action: demand.action, resource: resource, resourceAccount: owner,
      context: PolicyContext(context), role: caller.roleARN)
    var identity = [Caller.guestPolicy].compactMap { $0 }
    if let role = caller.role {
      do { identity = try role.identity() } catch {
        throw WireError(.accessDenied, "The policies of \(caller.arn) cannot be read: \(error.message)")
      }
    }
    let evaluation = permissions.evaluate(request, identity: identity)
    if let denial = evaluation.denial(of: request) {
      throw WireError(
        demand.action.hasPrefix("s3:") ? .s3AccessDenied : .accessDenied, "\(denial) (\(evaluation.reason))")
    }
  }

  /// A role's ARN has its path, which no request names.
  private func located(_ resource: String) -> String {
    guard let arn = ResourceName(resource), arn.service == "iam", arn.account == permissions.names.account,
      arn.resource == "role/\(arn.name)", let role = permissions.role(arn.name)
    else { return resource }
    return role.arn(arn.account).description
  }
}
