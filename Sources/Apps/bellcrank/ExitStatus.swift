/// How a command ended, as scripts see it; every `--help` lists those that the command can return.
enum ExitStatus: Int32, Sendable, CaseIterable {
  /// It did what was asked, or the answer is yes.
  case done = 0
  /// The answer is no: refused, not found, no match.
  case refused = 1
  /// No server answers, or the server is in trouble.
  case unavailable = 2
  /// The command line is wrong; the argument parser's own code, `EX_USAGE` of sysexits(3).
  case usage = 64
  /// A file, a JSON text or an expression cannot be read; `EX_DATAERR` of sysexits(3).
  case invalidInput = 65
}

/// Why a command could not finish, in a sentence for people and a status for scripts.
struct CommandFailure: Error, Sendable, Hashable {
  let status: ExitStatus
  let message: String

  init(_ status: ExitStatus, _ message: String) {
    self.status = status
    self.message = message
  }
}
