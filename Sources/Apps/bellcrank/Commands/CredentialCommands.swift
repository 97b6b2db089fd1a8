import ClockPorts
import ArgumentParser
import Engine
import Events
import Operations
import SystemPorts

/// `bellcrank credentials`.
struct CredentialsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "credentials", abstract: "Keys that sign requests: add, list, revoke.",
    discussion: Help.text(
      """
      Without any, a server on a loopback address lets everybody in, and one on any
      other address does not start. Changes count from the next request on.
      """,
      examples: [
        "bellcrank credentials add --user ana", "bellcrank credentials list",
        "bellcrank credentials add --user ci --role dev-customer-data-worker",
      ]),
    subcommands: [CredentialsAddCommand.self, CredentialsListCommand.self, CredentialsRevokeCommand.self])
}

/// Where the keys lie.
struct CredentialOptions: ParsableArguments {
  @Option(name: .long, help: "The server's data directory (default: $BELLCRANK_DATA, else ./data).")
  var data: String?

  func file(_ surroundings: Surroundings) -> CredentialFile {
    CredentialFile(directory: directory(surroundings))
  }

  func directory(_ surroundings: Surroundings) -> String { data ?? surroundings.variables["BELLCRANK_DATA"] ?? "data" }

  static let exits: KeyValuePairs<ExitStatus, String> = [
    .done: "done", .refused: "there is no such key", .unavailable: "the file cannot be read or written",
  ]
}

extension CommandFailure {
  init(_ error: StoreError) {
    self.init(.unavailable, "\(error.code.rawValue): \(error.reason)")
  }
}

/// `bellcrank credentials add`.
struct CredentialsAddCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Make a key and its secret; the secret is shown this once.",
    discussion: Help.text(
      "Without a role the key may do everything that no policy denies.",
      examples: [
        "bellcrank credentials add --user ana", "bellcrank credentials add --user ci --role dev-customer-data-worker",
        "bellcrank credentials add --user partner --account 210987654321",
      ], exits: CredentialOptions.exits))

  @Option(help: "Whose it is, as the ledger names them.")
  var user: String

  @Option(help: "The role whose policies bound it.")
  var role: String?

  @Option(help: "The account of a guest, who may use only what a policy opens to it.")
  var account: String?

  @OptionGroup var options: CredentialOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard user.wholeMatch(of: /[A-Za-z0-9+=,.@_-]{1,64}/) != nil else {
      throw ValidationError("a user is 1 to 64 letters, digits and +=,.@_-, not '\(user)'")
    }
    if let account, account.wholeMatch(of: /[0-9]{12}/) == nil {
      throw ValidationError("an account is twelve digits, not '\(account)'")
    }
  }

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let entropy = SystemEntropy()
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    let key = "AKIA" + String((0..<16).map { _ in alphabet[Int(entropy.word() % 32)] })
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    let secret = String((0..<40).map { _ in letters[Int(entropy.word() % 64)] })
    let credential = Credential(
      accessKeyID: key, secret: secret, user: user, role: role,
      account: account,
      createdAt: surroundings.clock.now())
    do {
      try options.file(surroundings).add(credential)
    } catch {
      throw CommandFailure(error)
    }
    let document: JSON = ["access_key_id": .string(key), "secret_access_key": .string(secret), "user": .string(user)]
    let text = "export AWS_ACCESS_KEY_ID=\(key) AWS_SECRET_ACCESS_KEY=\(secret)"
    try surroundings.printer.show(Report(text, document: document), as: output.format)
    return .done
  }
}

/// `bellcrank credentials list`.
struct CredentialsListCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the keys; their secrets are never shown again.",
    discussion: Help.text(
      examples: ["bellcrank credentials list", "bellcrank credentials list -o json"], exits: CredentialOptions.exits))

  @OptionGroup var options: CredentialOptions
  @OptionGroup var output: OutputOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let all: [Credential]
    do {
      all = try options.file(surroundings).credentials().values.sorted { $0.createdAt < $1.createdAt }
    } catch {
      throw CommandFailure(error)
    }
    let rows = all.map { credential in
      JSON(present: [
        "access_key_id": .string(credential.accessKeyID), "user": .string(credential.user),
        "role": credential.role.map { .string($0) }, "account": credential.account.map { .string($0) },
        "created_at": .string(credential.createdAt.description),
      ])
    }
    let table = Table(
      ["KEY", "USER", "ROLE", "ACCOUNT", "SINCE"], of: rows,
      keys: ["access_key_id", "user", "role", "account", "created_at"])
    let document = JSON.object([.init("credentials", .array(rows))])
    try surroundings.printer.show(Report(table.text, document: document, rows: rows), as: output.format)
    return .done
  }
}

/// `bellcrank credentials revoke`.
struct CredentialsRevokeCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Take a key away; a running server refuses it from the next request on.",
    discussion: Help.text(
      examples: ["bellcrank credentials revoke AKIAEXAMPLE"], exits: CredentialOptions.exits))

  @Argument(help: "The key, as credentials list prints it.")
  var key: String

  @OptionGroup var options: CredentialOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let isGone: Bool
    do {
      isGone = try options.file(surroundings).revoke(key)
    } catch {
      throw CommandFailure(error)
    }
    guard isGone else { throw CommandFailure(.refused, "there is no credential \(key)") }
    try surroundings.printer.talk("revoked \(key)")
    return .done
  }
}
