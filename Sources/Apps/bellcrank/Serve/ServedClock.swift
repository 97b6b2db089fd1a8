import ArgumentParser
import Engine
import Events
import Operations

/// Which clock, as `--clock` takes it.
extension ClockMark.Mode: ExpressibleByArgument {}

/// The clock by which an environment is served: the machine's, or a virtual one with whoever moves it.
struct ServedClock {
  let clock: any WallClock
  /// nil on the machine's clock.
  let timekeeper: Timekeeper?
  private let gate: FetchGate?

  /// Claims the store for that clock.
  ///
  /// - Parameter first: where a virtual clock begins in a store in which nothing has ever run; nil is now.
  /// - Throws: `refused` if the store lives by the other one, with the code that says so.
  init(
    _ mode: ClockMark.Mode, _ store: any ClockMark.Store & Documents, _ machine: any WallClock, at first: Timestamp?,
    directory: String
  ) async throws {
    let mark = try await ClockMark.claim(mode, store, at: first ?? machine.now())
    guard mark.mode == mode else { throw ServedClock.refusal(mark.mode, directory) }
    switch mode {
    case .real:
      clock = machine
      timekeeper = nil
      gate = nil
    case .virtual:
      let virtual = VirtualClock(mark.instant)
      let gate = FetchGate(machine)
      clock = virtual
      timekeeper = Timekeeper(mark, virtual, machine, gate, store)
      self.gate = gate
    }
  }

  /// Functions that are invoked at the same time; where time is virtual, one after the other, so that a life can be repeated.
  var deliveryWidth: Int { timekeeper == nil ? 8 : 1 }

  /// The sources as they are asked: virtual time waits for each question.
  func held(_ sources: [String: any Source]) -> [String: any Source] {
    sources.mapValues { gate?.held($0) ?? $0 }
  }

  private static func refusal(_ mode: ClockMark.Mode, _ directory: String) -> CommandFailure {
    let code =
      switch mode {
      case .real: OperatorCode.clockIsReal
      case .virtual: OperatorCode.clockIsVirtual
      }
    return CommandFailure(
      .refused, "\(code.rawValue): \(directory) has lived by the \(mode.rawValue) clock; \(code.remedy)")
  }
}
