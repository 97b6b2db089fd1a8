import AWSWire
import Events
import Operations
import Policies

/// Who sent a request, and what speaks for them.
struct Caller: Sendable {
  /// The root of an account, or a session of a role.
  let arn: ResourceName
  /// Empty for requests without a signature.
  let accessKeyID: String
  /// Whose policies bound them; nil for the root of an account.
  let role: Role?
  /// What policies may ask of the request itself: `aws:SourceIp`, `aws:RequestedRegion`, …
  var request: [String: [String]] = [:]

  var account: String { arn.account }
  var isRoot: Bool { arn.resource == "root" }

  /// As the ledger names them.
  var name: String { accessKeyID.isEmpty ? "unsigned" : accessKeyID }

  /// The role behind a session, with its path.
  var roleARN: ResourceName? { role?.arn(account) }

  static func root(of account: String, accessKeyID: String) -> Caller {
    Caller(
      arn: ResourceName(service: "iam", region: "", account: account, resource: "root"), accessKeyID: accessKeyID,
      role: nil)
  }

  /// What a guest's own account allows is not ours to know: the resource decides.
  static let guestPolicy: NamedPolicy? = {
    let text = #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#
    do { return NamedPolicy("the guest's account", try PolicyDocument(text, as: .identity)) } catch { return nil }
  }()

  // MARK: Global condition keys

  /// The keys that every request has.
  ///
  /// `aws:username` is not among them: there are no users of IAM here. Source: IAM user guide, "AWS global condition
  /// context keys".
  func keys(at now: Timestamp, resourceAccount: String) -> [String: [String]] {
    var keys = request
    keys["aws:CurrentTime"] = [now.description]
    keys["aws:EpochTime"] = [String(now.seconds)]
    keys["aws:PrincipalArn"] = [(roleARN ?? arn).description]
    keys["aws:PrincipalAccount"] = [account]
    keys["aws:PrincipalType"] = [role == nil ? "Account" : "AssumedRole"]
    keys["aws:PrincipalIsAWSService"] = ["false"]
    keys["aws:ViaAWSService"] = ["false"]
    keys["aws:ResourceAccount"] = [resourceAccount]
    let session = arn.resource.split(separator: "/").last ?? ""
    keys["aws:userid"] = [role.map { "\($0.id):\(session)" } ?? account]
    // Keys that last have no such key at AWS; those of sessions do.
    if role != nil { keys["aws:MultiFactorAuthPresent"] = ["false"] }
    for tag in role?.tags ?? [] { keys["aws:PrincipalTag/\(tag.key)"] = [tag.value] }
    return keys
  }

  /// The keys that say how a request came; there is no TLS here.
  static func keys(of request: WireRequest, from remote: String?, region: String) -> [String: [String]] {
    var keys = ["aws:SecureTransport": ["false"], "aws:RequestedRegion": [region]]
    let mapped = "::ffff:"
    if let remote {
      let isMapped = remote.lowercased().hasPrefix(mapped) && remote.contains(".")
      keys["aws:SourceIp"] = [isMapped ? String(remote.dropFirst(mapped.count)) : remote]
    }
    if let agent = request.headers["user-agent"] { keys["aws:UserAgent"] = [agent] }
    if let referer = request.headers["referer"] { keys["aws:Referer"] = [referer] }
    return keys
  }
}
