import AWSPorts
import AWSWire
import Engine
import Events
import Synchronization

/// AWS over HTTPS: signs, sends, tries again, and says what came of it.
///
/// Calls may run at once. Those of a Lambda invocation run within `AWSDeadline`.
public final class AWSClient: AWSAPI {
  /// A rest of time that is too short for any attempt.
  static let attemptMin = Span(milliseconds: 20)
  /// The code of a call that could not be signed.
  public static let noCredentials = "NoCredentials"

  private let transport: any AWSTransport
  private let credentials: CredentialProvider
  private let endpoints: Endpoints
  private let policy: @Sendable (AWSService) -> RetryPolicy
  private let clock: any WallClock
  private let entropy: any Entropy
  private let signer: RequestSigner
  private let health = Mutex(RetryHealth())

  /// - Parameter policy: `RetryPolicy.standard`, as a rule.
  public init(
    _ transport: any AWSTransport, _ credentials: CredentialProvider, _ endpoints: Endpoints,
    _ policy: @escaping @Sendable (AWSService) -> RetryPolicy, _ clock: any WallClock, _ entropy: any Entropy
  ) {
    self.transport = transport
    self.credentials = credentials
    self.endpoints = endpoints
    self.policy = policy
    self.clock = clock
    self.entropy = entropy
    signer = RequestSigner(region: endpoints.region)
  }

  public func call(_ service: AWSService, _ operation: String, _ input: JSON) async throws(AWSError) -> JSON {
    guard let dialect = JSONDialect(service) else { preconditionFailure("\(service) speaks no JSON protocol") }
    var input = input
    // As AWS's SDKs do, so that an attempt whose answer was lost is not refused by its own effect.
    if operation == "TransactWriteItems", input["ClientRequestToken"] == nil {
      input.set("ClientRequestToken", .string(entropy.uuid()))
    }
    let endpoint = endpoints[service]
    let request = endpoint.request("POST", "/", headers: dialect.headers(operation), body: input.bytes)
    let answer = try await exchange(request, service, isSecure: endpoint.isSecure)
    do {
      return answer.body.isEmpty ? JSON.object([]) : try JSON(parsing: answer.body)
    } catch {
      throw AWSError(
        code: AWSError.noAnswer, message: "an answer that is no JSON: \(error.message)", status: answer.status,
        isDoubtful: true)
    }
  }

  public func put(_ object: ObjectDraft) async throws(AWSError) {
    var headers = ["content-type": object.contentType, "user-agent": JSONDialect.userAgent]
    if object.onlyIfAbsent { headers["if-none-match"] = "*" }
    for (name, value) in object.metadata {
      guard value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
        throw AWSError(
          code: "InvalidArgument", message: "metadata \(name) is not ASCII", status: 0, isDoubtful: false)
      }
      headers["x-amz-meta-\(name.lowercased())"] = value
    }
    let (endpoint, path) = endpoints.object(object.bucket, object.key)
    let request = endpoint.request("PUT", path, headers: headers, body: object.body)
    _ = try await exchange(request, .s3, isSecure: endpoint.isSecure)
  }

  public func head(bucket: String, key: String) async throws(AWSError) -> ObjectHead? {
    let (endpoint, path) = endpoints.object(bucket, key)
    let request = endpoint.request("HEAD", path, headers: ["user-agent": JSONDialect.userAgent])
    let answer: AWSAnswer
    do {
      answer = try await exchange(request, .s3, isSecure: endpoint.isSecure)
    } catch {
      guard error.status == 404 else { throw error }
      return nil
    }
    let prefix = "x-amz-meta-"
    let metadata = answer.headers.filter { $0.key.hasPrefix(prefix) }
      .map { (String($0.key.dropFirst(prefix.count)), $0.value) }
    return ObjectHead(
      size: answer.headers["content-length"].flatMap { Int($0) } ?? 0,
      etag: (answer.headers["etag"] ?? "").filter { $0 != "\"" },
      metadata: Dictionary(uniqueKeysWithValues: metadata))
  }

  // MARK: Attempts

  /// The answer of the attempt that succeeded; else throws what the last one came to, doubtful if any was.
  private func exchange(
    _ request: WireRequest, _ service: AWSService, isSecure: Bool
  ) async throws(AWSError) -> AWSAnswer {
    var plan = RetryPlan(policy(service))
    let deadline = AWSDeadline.current
    var isDoubtful = false
    while true {
      let failed: FailedAttempt
      do {
        let answer = try await attempt(request, service, isSecure, plan.policy.attemptTimeout, deadline)
        health.withLock { plan.succeed(&$0) }
        return answer
      } catch {
        failed = error
      }
      isDoubtful = isDoubtful || failed.error.isDoubtful
      let error = isDoubtful ? failed.error.doubted() : failed.error
      let roll = entropy.word()
      let now = clock.now()
      switch health.withLock({ plan.fail(failed.failure, at: now, until: deadline, &$0, roll: roll) }) {
      case .giveUp: throw error
      case .again(let pause):
        guard await hasPaused(pause) else { throw error }
      }
    }
  }

  private func attempt(
    _ request: WireRequest, _ service: AWSService, _ isSecure: Bool, _ timeout: Span, _ deadline: Timestamp?
  ) async throws(FailedAttempt) -> AWSAnswer {
    let keys: Credentials
    do {
      keys = try await credentials.credentials()
    } catch {
      throw FailedAttempt(
        AWSError(code: AWSClient.noCredentials, message: error.reason, status: 0, isDoubtful: false),
        RetryPlan.Failure(.final))
    }
    let now = clock.now()
    let left = deadline.map { min(timeout, $0 - now) } ?? timeout
    guard left >= AWSClient.attemptMin else {
      throw FailedAttempt(
        AWSError(code: AWSError.noAnswer, message: "the deadline has come", status: 0, isDoubtful: false),
        RetryPlan.Failure(.final))
    }
    let offset = health.withLock { $0.clockOffset }
    let answer: AWSAnswer
    do {
      answer = try await transport.send(
        signer.signed(request, service, keys, at: now + offset), isSecure: isSecure, timeout: left)
    } catch {
      throw FailedAttempt(AWSError(error), RetryPlan.Failure(RetryClass(error.code)))
    }
    guard answer.isSuccess else {
      let error = answer.error
      throw FailedAttempt(
        error,
        RetryPlan.Failure(
          RetryClass(code: error.code, status: answer.status), pause: answer.pause, serverTime: answer.serverTime))
    }
    return answer
  }

  /// false if the caller was cancelled meanwhile.
  private func hasPaused(_ span: Span) async -> Bool {
    guard span > .zero else { return !Task.isCancelled }
    do { try await clock.sleep(for: span) } catch { return false }
    return true
  }
}

/// An attempt that came to nothing: what the caller hears if it was the last, and what the plan hears.
private struct FailedAttempt: Error {
  let error: AWSError
  let failure: RetryPlan.Failure

  init(_ error: AWSError, _ failure: RetryPlan.Failure) {
    self.error = error
    self.failure = failure
  }
}
