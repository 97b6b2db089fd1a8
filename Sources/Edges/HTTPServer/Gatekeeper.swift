import AWSWire
import Engine
import Events
import Operations
import Policies

/// Lets in whoever proves who they are, and says what they may not do (§8).
public struct Gatekeeper: Sendable {
  /// Between the client's clock and ours.
  static let skewMax = Span.minutes(15)
  /// Longest life of a presigned URL, as with AWS.
  static let presignedSecondsMax = 604_800

  private let store: any CredentialStore
  private let digests: SigV4.Digests
  private let permissions: Permissions
  private let clock: any WallClock
  private let isClosed: Bool

  /// - Parameter isClosed: whether requests need a signature also while there are no credentials.
  public init(
    _ store: any CredentialStore, _ signer: any Signer, _ digests: any Digests, _ permissions: Permissions,
    _ clock: any WallClock, isClosed: Bool
  ) {
    self.store = store
    self.digests = SigV4.Digests(
      sha256: { digests.sha256($0) }, hmac: { bytes, key in signer.signature(of: bytes, secret: key) })
    self.permissions = permissions
    self.clock = clock
    self.isClosed = isClosed
  }

  private func credentials() throws(WireError) -> [String: Credential] {
    do { return try store.credentials() } catch {
      throw WireError(.internalException, "The credentials cannot be read: \(error.reason)")
    }
  }

  // MARK: Who

  /// Who sent it; the signature is over the body as it came.
  func caller(of request: WireRequest, bodyAsSent: [UInt8], _ route: Route) throws(WireError) -> Caller {
    let known = try credentials()
    guard isClosed || !known.isEmpty else { return open(route.scope?.accessKeyID ?? "") }
    guard let signature = SigV4(of: request) else {
      throw WireError(
        route.service == .s3 ? .s3AccessDenied : .missingAuthenticationToken, "Request is missing Authentication Token")
    }
    guard let credential = known[signature.accessKeyID] else {
      throw WireError(
        route.service == .s3 ? .invalidAccessKeyID : .unrecognizedClient,
        "The security token included in the request is invalid: no credential has the key \(signature.accessKeyID).")
    }
    try check(signature, credential, request, bodyAsSent, route)
    return try caller(credential)
  }

  /// Without credentials, a key of twelve digits is an account, so that what guests may do can be tried.
  private func open(_ key: String) -> Caller {
    let isAccount = key.utf8.count == 12 && key.utf8.allSatisfy { (0x30...0x39).contains($0) }
    return .root(of: isAccount ? key : permissions.names.account, accessKeyID: key)
  }

  private func caller(_ credential: Credential) throws(WireError) -> Caller {
    guard let name = credential.role else {
      return .root(of: credential.account ?? permissions.names.account, accessKeyID: credential.accessKeyID)
    }
    guard let role = permissions.role(name) else {
      throw WireError(.accessDenied, "The role \(name) of the credential \(credential.accessKeyID) does not exist.")
    }
    return Caller(
      arn: ResourceName(
        service: "sts", region: "", account: credential.account ?? permissions.names.account,
        resource: "assumed-role/\(name)/\(credential.user)"),
      accessKeyID: credential.accessKeyID, role: role)
  }

  private func check(
    _ signature: SigV4, _ credential: Credential, _ request: WireRequest, _ body: [UInt8], _ route: Route
  ) throws(WireError) {
    let mismatch: WireError.Code =
      route.service == .s3 || route.dialect == .query ? .signatureDoesNotMatch : .invalidSignature
    let age = clock.now() - signature.signedAt
    if let expires = signature.expiresAfterSeconds {
      guard age.milliseconds >= -Gatekeeper.skewMax.milliseconds,
        age <= .seconds(min(expires, Gatekeeper.presignedSecondsMax))
      else { throw WireError(.s3AccessDenied, "Request has expired") }
    } else if age > Gatekeeper.skewMax || age.milliseconds < -Gatekeeper.skewMax.milliseconds {
      throw WireError(
        route.service == .s3 ? .requestTimeTooSkewed : mismatch,
        "Signature expired or not yet current: it is of \(signature.signedAt), and here it is \(clock.now()).")
    }
    let actual = digests.sha256(body)
    let declared =
      request.headers["x-amz-content-sha256"] ?? (signature.expiresAfterSeconds == nil ? actual : "UNSIGNED-PAYLOAD")
    let isOpaque = declared == "UNSIGNED-PAYLOAD" || declared.hasPrefix("STREAMING-")
    guard isOpaque || declared == actual, signature.signedHeaders.contains("host"),
      signature.isTrue(for: request, payloadHash: declared, secret: credential.secret, digests)
    else {
      throw WireError(
        mismatch,
        "The request signature we calculated does not match the signature you provided. "
          + "Check your AWS Secret Access Key and signing method.")
    }
  }

  // MARK: Our own paths

  /// Who sent a request to our own paths: signed as any other, or by a browser's name and password.
  func ownCaller(of message: HTTPRequestMessage, _ request: WireRequest) throws(WireError) -> Caller {
    let known = try credentials()
    if isClosed || !known.isEmpty, let text = message.header("authorization"), text.hasPrefix("Basic "),
      let bytes = [UInt8](base64: String(text.dropFirst("Basic ".count)))
    {
      let sides = String(decoding: bytes, as: UTF8.self).split(separator: ":", maxSplits: 1).map(String.init)
      guard sides.count == 2, let credential = known[sides[0]],
        // Digests are compared, so the time tells nothing about the secret.
        digests.sha256(Array(credential.secret.utf8)) == digests.sha256(Array(sides[1].utf8))
      else { throw WireError(.unrecognizedClient, "no credential has that key and secret") }
      return try caller(credential)
    }
    return try caller(of: request, bodyAsSent: message.bodyAsSent, Route(request))
  }

  // MARK: What

  /// Throws the denial, with the statement that denies or the kind of policy that is missing.
  func permit(_ caller: Caller, _ demand: Demand) throws(WireError) {
    let names = permissions.names
    let account = ResourceName(demand.resource)?.account ?? ""
    let owner = account.isEmpty ? names.account : account
    let hasPolicy = ResourceName(demand.resource).map { permissions.policy(of: $0) != nil } ?? false
    if caller.isRoot, caller.account == names.account, !hasPolicy { return }
    var context = demand.context
    context["aws:PrincipalArn"] = [caller.arn.description]
    context["aws:PrincipalAccount"] = [caller.account]
    let request = PolicyRequest(
      principal: .identity(caller.arn), action: demand.action, resource: demand.resource, resourceAccount: owner,
      context: PolicyContext(context))
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
}
