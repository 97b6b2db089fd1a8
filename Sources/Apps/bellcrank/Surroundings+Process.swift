import ClockPorts
import Foundation
import SystemPorts

extension Surroundings {
  /// Those of this process.
  static var process: Surroundings {
    let variables = ProcessInfo.processInfo.environment
    let clock = SystemClock()
    return Surroundings(
      clock: clock, zones: ZoneFiles(), variables: variables,
      client: SigningClient(HTTPServerClient(), variables, clock), printer: StandardStreams())
  }
}
