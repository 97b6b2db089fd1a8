import Events

/// Where a template is read for: what its pseudo parameters are, and what the engine there has.
public struct StackPlace: Sendable, Hashable {
  public let names: ResourceNames
  /// Part of every name that a template leaves to CloudFormation.
  public let stackName: String
  /// Functions that the engine runs itself, by name.
  public let functions: Set<String>
  /// Queues that are there already, by name.
  public let queues: Set<String>
  /// Buses that are there already, by name.
  public let buses: Set<String>
  /// The name of the parameter that holds the symbols (D7).
  public let universeParameter: String

  public init(
    names: ResourceNames, stackName: String, functions: Set<String>, queues: Set<String> = [],
    buses: Set<String> = [], universeParameter: String
  ) {
    self.queues = queues
    self.buses = buses
    self.names = names
    self.stackName = stackName
    self.functions = functions
    self.universeParameter = universeParameter
  }

  /// The engine's own names are all in `aws`, so a template is read as if it were deployed there.
  static let partition = "aws"

  func arn(_ service: String, _ resource: String, isGlobal: Bool = false) -> ResourceName {
    ResourceName(
      partition: StackPlace.partition, service: service, region: isGlobal ? "" : names.region, account: names.account,
      resource: resource)
  }

  /// Whether a rule here could send there.
  func isHere(_ arn: ResourceName) -> Bool { arn.account == names.account && arn.region == names.region }
}

/// Why a value of a template has none before it is deployed.
struct Unresolved: Error, Sendable, Hashable {
  let reason: String

  init(_ reason: String) {
    self.reason = reason
  }
}
