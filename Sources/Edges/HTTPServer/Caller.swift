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

  var account: String { arn.account }
  var isRoot: Bool { arn.resource == "root" }

  /// As the ledger names them.
  var name: String { accessKeyID.isEmpty ? "unsigned" : accessKeyID }

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
}
