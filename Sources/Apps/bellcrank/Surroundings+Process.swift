import Foundation
import SystemPorts

extension Surroundings {
  /// Those of this process.
  static var process: Surroundings {
    Surroundings(
      clock: SystemClock(), zones: ZoneFiles(), variables: ProcessInfo.processInfo.environment,
      client: HTTPServerClient(), printer: StandardStreams())
  }
}
