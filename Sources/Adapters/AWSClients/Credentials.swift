import Events

/// What signs requests.
public struct Credentials: Sendable, Hashable {
  public let accessKeyID: String
  public let secret: String
  /// Of keys that somebody lent us; nil for a user's own.
  public let sessionToken: String?
  /// When they stop being good; nil if they last as long as this process.
  public let expiresAt: Timestamp?

  public init(accessKeyID: String, secret: String, sessionToken: String?, expiresAt: Timestamp?) {
    self.accessKeyID = accessKeyID
    self.secret = secret
    self.sessionToken = sessionToken
    self.expiresAt = expiresAt
  }

  /// The answer of a credential endpoint: `AccessKeyId`, `SecretAccessKey`, `Token`, `Expiration`.
  ///
  /// Source: AWS SDKs and Tools Reference Guide, "Container credential provider" and "IMDS credential provider".
  init?(answer body: [UInt8]) {
    let json: JSON
    do { json = try JSON(parsing: body) } catch { return nil }
    guard let key = json["AccessKeyId"]?.string, let secret = json["SecretAccessKey"]?.string else { return nil }
    self.init(
      accessKeyID: key, secret: secret, sessionToken: json["Token"]?.string,
      expiresAt: json["Expiration"]?.string.flatMap { Timestamp($0) })
  }
}

/// Why there are no credentials.
public struct CredentialError: Error, Sendable, Hashable {
  /// For people.
  public let reason: String

  public init(_ reason: String) {
    self.reason = reason
  }
}

/// One place where credentials may lie.
public protocol CredentialSource: Sendable {
  /// nil if this place is not meant to have any here; throws if it is and they cannot be had.
  func credentials() async throws(CredentialError) -> Credentials?
}

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`: where Lambda puts a function's role.
public struct EnvironmentCredentials: CredentialSource {
  private let variables: [String: String]

  public init(_ variables: [String: String]) {
    self.variables = variables
  }

  public func credentials() async throws(CredentialError) -> Credentials? {
    guard let key = variables.filled("AWS_ACCESS_KEY_ID"), let secret = variables.filled("AWS_SECRET_ACCESS_KEY") else {
      return nil
    }
    return Credentials(
      accessKeyID: key, secret: secret, sessionToken: variables.filled("AWS_SESSION_TOKEN"), expiresAt: nil)
  }
}

extension [String: String] {
  /// The variable's value; nil if it is empty, as SDKs read it.
  func filled(_ name: String) -> String? {
    self[name].flatMap { $0.isEmpty ? nil : $0 }
  }
}
