import Engine
import Events

/// The credentials of this process: found once, kept, and fetched anew before they end.
///
/// Many may ask at once, one fetches. While that fails, what is still good is still used.
public actor CredentialProvider {
  /// How long before their end new ones are fetched.
  public static let margin = Span.minutes(5)
  /// How long a failed refresh is not tried again while the old ones are good.
  public static let pause = Span.seconds(10)

  private let sources: [any CredentialSource]
  private let clock: any WallClock
  private var held: Credentials?
  private var fetch: Task<Result<Credentials, CredentialError>, Never>?
  private var pausedUntil: Timestamp?

  /// - Parameter sources: the first that has credentials wins.
  public init(_ sources: [any CredentialSource], _ clock: any WallClock) {
    self.sources = sources
    self.clock = clock
  }

  /// The chain of AWS's SDKs as far as machines need it: environment, container, instance.
  ///
  /// - Parameter readFile: a whole file by its path, for a container's token; nil if it cannot be read.
  public init(
    _ variables: [String: String], _ transport: any AWSTransport, _ clock: any WallClock,
    readFile: @escaping @Sendable (String) -> [UInt8]?
  ) {
    self.init(
      [
        EnvironmentCredentials(variables), ContainerCredentials(variables, transport, readFile: readFile),
        InstanceCredentials(variables, transport),
      ], clock)
  }

  public func credentials() async throws(CredentialError) -> Credentials {
    let now = clock.now()
    if let held, isFresh(held, at: now) || pausedUntil.map({ now < $0 }) == true && isGood(held, at: now) {
      return held
    }
    // Everybody who asks waits for this one task; it ends with the fetch, whoever is cancelled meanwhile.
    let task = fetch ?? Task { await self.refreshed() }
    fetch = task
    switch await task.value {
    case .success(let credentials): return credentials
    case .failure(let error):
      guard let held, isGood(held, at: clock.now()) else { throw error }
      return held
    }
  }

  private func refreshed() async -> Result<Credentials, CredentialError> {
    let result = await found()
    switch result {
    case .success(let credentials):
      held = credentials
      pausedUntil = nil
    case .failure: pausedUntil = clock.now() + CredentialProvider.pause
    }
    fetch = nil
    return result
  }

  private func found() async -> Result<Credentials, CredentialError> {
    for source in sources {
      do {
        if let credentials = try await source.credentials() { return .success(credentials) }
      } catch {
        return .failure(error)
      }
    }
    return .failure(
      CredentialError("no AWS credentials: neither in AWS_ACCESS_KEY_ID nor from a container or instance endpoint"))
  }

  private func isFresh(_ credentials: Credentials, at now: Timestamp) -> Bool {
    credentials.expiresAt.map { now < $0 - CredentialProvider.margin } ?? true
  }

  private func isGood(_ credentials: Credentials, at now: Timestamp) -> Bool {
    credentials.expiresAt.map { now < $0 } ?? true
  }
}
