/// What a client asks for.
public enum WireOperation: Sendable, Hashable {
  case events(EventsOperation)
  case lambda(LambdaOperation)
  case sqs(SQSOperation)
  case s3(S3Operation)
  case sts(STSOperation)
  case cloudWatch(CloudWatchOperation, WireInput)
  case logs(LogsOperation, WireInput)
  case iam(IAMOperation, WireInput)
  case buses(BusOperation, WireInput)
  case moves(MoveOperation, WireInput)
  case permission(PermissionOperation)
  case scheduler(SchedulerOperation)

  /// AWS's name of the operation: `PutRule`.
  public var name: String {
    switch self {
    case .events(let operation): operation.name
    case .lambda(let operation): operation.name
    case .sqs(let operation): operation.name
    case .s3(let operation): operation.name
    case .sts(let operation): operation.name
    case .cloudWatch(let operation, _): operation.rawValue
    case .logs(let operation, _): operation.rawValue
    case .iam(let operation, _): operation.rawValue
    case .buses(let operation, _): operation.rawValue
    case .moves(let operation, _): operation.rawValue
    case .permission(let operation): operation.kind.rawValue
    case .scheduler(let operation): operation.name
    }
  }
}

/// An operation of the Security Token Service.
public enum STSOperation: Sendable, Hashable {
  case getCallerIdentity

  /// AWS's name of the operation.
  public var name: String {
    switch self {
    case .getCallerIdentity: "GetCallerIdentity"
    }
  }
}
