/// What an operation answers; each case belongs to the operation of its name.
public enum WireAnswer: Sendable, Hashable {
  case events(EventsAnswer)
  case lambda(LambdaAnswer)
  case sqs(SQSAnswer)
  case s3(S3Answer)
  case sts(STSAnswer)
  /// Of everything else; nil answers nothing.
  case tree(WireTree?)
}

/// An answer of the Security Token Service.
public enum STSAnswer: Sendable, Hashable {
  /// - `account` is twelve digits.
  case getCallerIdentity(userID: String, account: String, arn: String)
}
