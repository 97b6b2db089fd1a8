import Engine
import Telemetry

/// How much a person should care; raw values are the style sheet's class names. The word itself is always written too.
enum Tone: String, Sendable {
  case good, quiet, warn, bad

  /// A word of the ledger that is not known here is quiet.
  init(decision word: String) {
    guard let decision = Decision(rawValue: word) else {
      self = .quiet
      return
    }
    switch decision {
    case .dispatched, .dryRun: self = .good
    case .duplicate, .disabled, .skipped, .unmatched, .changed: self = .quiet
    case .deferred, .rateLimited, .invalid, .rejected, .conflict: self = .warn
    case .breakerOpen, .loopStopped, .missed, .undeliverable: self = .bad
    }
  }

  init(status word: String) {
    guard let status = Run.Status(rawValue: word) else {
      self = .quiet
      return
    }
    switch status {
    case .running: self = .quiet
    case .succeeded: self = .good
    case .partlyFailed: self = .warn
    case .failed: self = .bad
    }
  }
}
