import AWSWire
import Engine
import Events
import Operations

/// Lets in whoever proves who they are, and says what they may not do (§8).
public struct Gatekeeper: Sendable {
  /// Between the client's clock and ours.
  static let skewMax = Span.minutes(15)
  /// How long a presigned URL may live, as with AWS.
  static let presignedSeconds = 1...604_800
  /// Where services sign that have one endpoint for all regions.
  static let globalRegion = "us-east-1"

  private let store: any CredentialStore
  private let digests: SigV4.Digests
  private let permissions: Permissions
  private let clock: any WallClock
  private let signingClock: any WallClock
  private let log: any LogSink
  private let isClosed: Bool

  /// - Parameters:
  ///   - clock: the environment's, which policies ask.
  ///   - signingClock: the machine's, by which clients sign, whatever the environment's shows.
  ///   - isClosed: whether requests need a signature also while there are no credentials.
  public init(
    _ store: any CredentialStore, _ signer: any Signer, _ digests: any Digests, _ permissions: Permissions,
    _ clock: any WallClock, signingClock: any WallClock, _ log: any LogSink, isClosed: Bool
  ) {
    self.store = store
    self.digests = SigV4.Digests(
      sha256: { digests.sha256($0) }, hmac: { bytes, key in signer.signature(of: bytes, secret: key) })
    self.permissions = permissions
    self.clock = clock
    self.signingClock = signingClock
    self.log = log
    self.isClosed = isClosed
  }

  /// Where the file lies is for the log, not for whoever knocks.
  private func credentials() throws(WireError) -> [String: Credential] {
    do { return try store.credentials() } catch {
      log.write(LogLine(.error, "credentials cannot be read", ["reason": error.reason]))
      throw WireError(.internalException, "The credentials cannot be read; the server's log says why.")
    }
  }

  /// Whether nobody has to sign; credentials that cannot be read let nobody in.
  var isOpen: Bool {
    do { return try !isClosed && credentials().isEmpty } catch { return false }
  }

  // MARK: Who

  /// Who sent it; the signature is over the body as it came.
  func caller(
    of request: WireRequest, _ message: HTTPRequestMessage, _ route: Route
  ) throws(WireError) -> Caller {
    var caller = try signer(of: request, bodyAsSent: message.bodyAsSent, route)
    // IAM has one endpoint for all regions.
    let region = route.service == .iam ? Gatekeeper.globalRegion : permissions.names.region
    caller.request = Caller.keys(of: request, from: message.remote, region: region)
    return caller
  }

  private func signer(of request: WireRequest, bodyAsSent: [UInt8], _ route: Route) throws(WireError) -> Caller {
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

  // MARK: Signatures

  private func check(
    _ signature: SigV4, _ credential: Credential, _ request: WireRequest, _ body: [UInt8], _ route: Route
  ) throws(WireError) {
    let isS3 = route.service == .s3
    let mismatch: WireError.Code = isS3 || route.dialect == .query ? .signatureDoesNotMatch : .invalidSignature
    try checkTime(signature, route, mismatch)
    try checkScope(signature, route, mismatch)
    let unsigned = signature.unsignedHeaders(of: request)
    guard unsigned.isEmpty else {
      throw WireError(
        isS3 ? .s3AccessDenied : mismatch,
        "There were headers present in the request which were not signed: \(unsigned.joined(separator: ", "))")
    }
    let actual = digests.sha256(body)
    let declared = request.headers["x-amz-content-sha256"]
    // Only S3 takes a body that its signature does not bind, or binds chunk by chunk.
    let isPresigned = signature.expiresAfterSeconds != nil
    let hash = isS3 ? declared ?? (isPresigned ? SigV4.Payload.unsigned.rawValue : actual) : actual
    let payload = isS3 ? SigV4.Payload(rawValue: hash) : nil
    guard payload != nil || hash == actual, isS3 || declared == nil || declared == actual,
      signature.signedHeaders.contains("host"),
      signature.isTrue(for: request, payloadHash: hash, secret: credential.secret, digests),
      payload.map({ signature.areTrue(chunks: body, $0, secret: credential.secret, digests) }) ?? true
    else {
      throw WireError(
        mismatch,
        "The request signature we calculated does not match the signature you provided. "
          + "Check your AWS Secret Access Key and signing method.")
    }
  }

  private func checkTime(_ signature: SigV4, _ route: Route, _ mismatch: WireError.Code) throws(WireError) {
    let now = signingClock.now()
    let age = now - signature.signedAt
    let isEarly = age.milliseconds < -Gatekeeper.skewMax.milliseconds
    let isS3 = route.service == .s3
    if let expires = signature.expiresAfterSeconds {
      // Before anything is reckoned with it: the number comes from whoever knows a key's name.
      guard Gatekeeper.presignedSeconds.contains(expires) else {
        throw WireError(
          isS3 ? .authorizationQueryParameters : mismatch,
          "X-Amz-Expires must be a number from 1 to a week (in seconds), that is 604800")
      }
      guard !isEarly, age <= .seconds(expires) else {
        throw WireError(isS3 ? .s3AccessDenied : mismatch, isEarly ? "Request is not yet valid" : "Request has expired")
      }
    } else if isEarly || age > Gatekeeper.skewMax {
      throw WireError(
        isS3 ? .requestTimeTooSkewed : mismatch,
        "Signature expired or not yet current: it is of \(signature.signedAt), and here it is \(now).")
    }
  }

  /// A signature is good for one service, one region and one day.
  private func checkScope(_ signature: SigV4, _ route: Route, _ mismatch: WireError.Code) throws(WireError) {
    guard signature.isOfItsDay else {
      throw WireError(
        mismatch,
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
          + "'\(signature.date)', of \(signature.signedAt).")
    }
    // What is not served is refused in the end; our own paths are of no service and of no region.
    if case .other = route.service { return }
    guard signature.service == route.service.name else {
      throw WireError(
        mismatch,
        "Credential should be scoped to correct service: '\(route.service.name)', not '\(signature.scope)'.")
    }
    var regions = [permissions.names.region]
    if route.service == .iam || route.service == .sts { regions.append(Gatekeeper.globalRegion) }
    guard regions.contains(signature.region) else {
      throw WireError(
        mismatch,
        "Credential should be scoped to a valid region: '\(regions[0])', not '\(signature.scope)'.")
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
      var caller = try caller(credential)
      caller.request = Caller.keys(of: request, from: message.remote, region: permissions.names.region)
      return caller
    }
    return try caller(of: request, message, Route(request))
  }

  // MARK: What

  /// Throws the denial, with the statement that denies or the kind of policy that is missing.
  func permit(_ caller: Caller, _ demand: Demand) throws(WireError) {
    try Judge(permissions, clock).permit(caller, demand)
  }
}
