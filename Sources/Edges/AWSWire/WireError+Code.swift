extension WireError {
  /// Raw values are the shape names of the service models, so they are never renamed.
  ///
  /// Source: botocore's models; for SQS the codes of the query protocol from botocore 1.31.60, the last to speak it.
  public enum Code: String, Sendable, Codable, CaseIterable {
    // Every service.
    case accessDenied = "AccessDeniedException"
    case invalidSignature = "InvalidSignatureException"
    case missingAuthenticationToken = "MissingAuthenticationTokenException"
    case unrecognizedClient = "UnrecognizedClientException"
    case serialization = "SerializationException"
    case throttling = "ThrottlingException"
    case unknownOperation = "UnknownOperationException"
    case validation = "ValidationException"
    // EventBridge.
    case concurrentModification = "ConcurrentModificationException"
    case internalException = "InternalException"
    case invalidEventPattern = "InvalidEventPatternException"
    case limitExceeded = "LimitExceededException"
    case managedRule = "ManagedRuleException"
    case resourceAlreadyExists = "ResourceAlreadyExistsException"
    case resourceNotFound = "ResourceNotFoundException"
    // EventBridge Scheduler.
    case conflict = "ConflictException"
    case internalServer = "InternalServerException"
    case serviceQuotaExceeded = "ServiceQuotaExceededException"
    // Lambda.
    case invalidParameterValue = "InvalidParameterValueException"
    case policyLengthExceeded = "PolicyLengthExceededException"
    case preconditionFailedException = "PreconditionFailedException"
    case invalidRequestContent = "InvalidRequestContentException"
    case requestTooLarge = "RequestTooLargeException"
    case resourceConflict = "ResourceConflictException"
    case serviceException = "ServiceException"
    case tooManyRequests = "TooManyRequestsException"
    // SQS.
    case batchEntryIDsNotDistinct = "BatchEntryIdsNotDistinct"
    case batchRequestTooLong = "BatchRequestTooLong"
    case emptyBatchRequest = "EmptyBatchRequest"
    case invalidAttributeName = "InvalidAttributeName"
    case invalidAttributeValue = "InvalidAttributeValue"
    case invalidBatchEntryID = "InvalidBatchEntryId"
    case invalidMessageContents = "InvalidMessageContents"
    case messageNotInflight = "MessageNotInflight"
    case missingParameter = "MissingRequiredParameterException"
    case overLimit = "OverLimit"
    case purgeQueueInProgress = "PurgeQueueInProgress"
    case queueDeletedRecently = "QueueDeletedRecently"
    case queueDoesNotExist = "QueueDoesNotExist"
    case queueNameExists = "QueueNameExists"
    case receiptHandleIsInvalid = "ReceiptHandleIsInvalid"
    case requestThrottled = "RequestThrottled"
    case tooManyEntriesInBatchRequest = "TooManyEntriesInBatchRequest"
    case unsupportedOperation = "UnsupportedOperation"
    // CloudWatch.
    case dashboardInvalidInput = "DashboardInvalidInputError"
    case dashboardNotFound = "DashboardNotFoundError"
    case alarmNotFound = "ResourceNotFound"
    case invalidFormat = "InvalidFormatFault"
    case invalidNextToken = "InvalidNextToken"
    case invalidParameterCombination = "InvalidParameterCombinationException"
    case limitFault = "LimitExceededFault"
    // CloudWatch Logs.
    case dataAlreadyAccepted = "DataAlreadyAcceptedException"
    case invalidParameter = "InvalidParameterException"
    // IAM.
    case noSuchEntity = "NoSuchEntityException"
    case malformedPolicyDocument = "MalformedPolicyDocumentException"
    case invalidInput = "InvalidInputException"
    case entityAlreadyExists = "EntityAlreadyExistsException"
    case deleteConflict = "DeleteConflictException"
    // The query protocol.
    case invalidAction = "InvalidAction"
    case malformedQueryString = "MalformedQueryString"
    case internalFailure = "InternalFailure"
    // S3.
    case authorizationQueryParameters = "AuthorizationQueryParametersError"
    case badDigest = "BadDigest"
    case bucketAlreadyExists = "BucketAlreadyExists"
    case bucketAlreadyOwnedByYou = "BucketAlreadyOwnedByYou"
    case bucketNotEmpty = "BucketNotEmpty"
    case entityTooLarge = "EntityTooLarge"
    case incompleteBody = "IncompleteBody"
    case invalidAccessKeyID = "InvalidAccessKeyId"
    case requestTimeTooSkewed = "RequestTimeTooSkewed"
    case signatureDoesNotMatch = "SignatureDoesNotMatch"
    case internalError = "InternalError"
    case invalidArgument = "InvalidArgument"
    case invalidBucketName = "InvalidBucketName"
    case invalidDigest = "InvalidDigest"
    case invalidRange = "InvalidRange"
    case invalidRequest = "InvalidRequest"
    case invalidURI = "InvalidURI"
    case keyTooLong = "KeyTooLongError"
    case malformedXML = "MalformedXML"
    case methodNotAllowed = "MethodNotAllowed"
    case noSuchBucket = "NoSuchBucket"
    case noSuchKey = "NoSuchKey"
    case notImplemented = "NotImplemented"
    case notModified = "NotModified"
    case preconditionFailed = "PreconditionFailed"
    case s3AccessDenied = "AccessDenied"

    /// The HTTP status.
    ///
    /// S3 answers `NotImplemented` with 501; here it is 400, because clients must not try an unserved call again.
    public func status(in dialect: Route.Dialect, of service: Route.Service? = nil) -> Int {
      switch self {
      case .resourceNotFound: dialect == .restJSON || service == .cloudWatch ? 404 : 400
      case .unknownOperation: dialect == .restJSON ? 404 : 400
      case .serviceQuotaExceeded: 402
      case .conflict: 409
      case .internalException, .internalServer, .serviceException, .internalFailure, .internalError: 500
      case .requestTooLarge: 413
      case .tooManyRequests: 429
      case .resourceConflict, .bucketAlreadyExists, .bucketAlreadyOwnedByYou, .bucketNotEmpty: 409
      case .overLimit, .purgeQueueInProgress, .s3AccessDenied, .invalidSignature, .missingAuthenticationToken,
        .unrecognizedClient, .invalidAccessKeyID, .requestTimeTooSkewed, .signatureDoesNotMatch:
        403
      case .accessDenied: dialect == .restJSON || dialect == .query ? 403 : 400
      case .noSuchBucket, .noSuchKey, .dashboardNotFound, .alarmNotFound, .noSuchEntity: 404
      case .entityAlreadyExists, .deleteConflict: 409
      case .methodNotAllowed: 405
      case .preconditionFailed, .preconditionFailedException: 412
      case .limitFault: service == .iam ? 409 : 400
      case .notModified: 304
      case .invalidRange: 416
      case .serialization, .throttling, .validation, .concurrentModification, .invalidEventPattern, .limitExceeded,
        .managedRule, .resourceAlreadyExists, .invalidParameterValue, .invalidRequestContent,
        .batchEntryIDsNotDistinct, .batchRequestTooLong, .emptyBatchRequest, .invalidAttributeName,
        .invalidAttributeValue, .invalidBatchEntryID, .invalidMessageContents, .messageNotInflight,
        .missingParameter, .queueDeletedRecently, .queueDoesNotExist, .queueNameExists, .receiptHandleIsInvalid,
        .requestThrottled, .tooManyEntriesInBatchRequest, .unsupportedOperation, .invalidAction,
        .dashboardInvalidInput, .invalidFormat, .invalidNextToken, .invalidParameterCombination, .policyLengthExceeded,
        .authorizationQueryParameters,
        .dataAlreadyAccepted, .invalidParameter, .malformedPolicyDocument, .invalidInput,
        .malformedQueryString, .badDigest, .entityTooLarge, .incompleteBody, .invalidArgument, .invalidBucketName,
        .invalidDigest, .invalidRequest, .invalidURI, .keyTooLong, .malformedXML, .notImplemented:
        400
      }
    }

    /// The code in the query protocol, and in the `x-amzn-query-error` header of its JSON successor.
    public var queryCode: String {
      if let short = Code.shortQueryCodes[self] { return short }
      return Code.prefixedQueryCodes.contains(self) ? "AWS.SimpleQueueService.\(rawValue)" : rawValue
    }

    /// Whether SQS's model has a shape of that name; the other codes belong to the framework beneath it.
    var isSQSShape: Bool {
      Code.prefixedQueryCodes.contains(self) || Code.plainSQSCodes.contains(self)
        || self == .queueDoesNotExist || self == .queueNameExists
    }

    private static let shortQueryCodes: [Code: String] = [
      .queueDoesNotExist: "AWS.SimpleQueueService.NonExistentQueue", .queueNameExists: "QueueAlreadyExists",
      .invalidParameterValue: "InvalidParameterValue", .missingParameter: "MissingParameter",
      .accessDenied: "AccessDenied", .missingAuthenticationToken: "MissingAuthenticationToken",
      .unrecognizedClient: "InvalidClientTokenId", .throttling: "Throttling", .validation: "ValidationError",
      .unknownOperation: "InvalidAction", .serialization: "MalformedQueryString",
      .dashboardInvalidInput: "InvalidParameterInput", .dashboardNotFound: "ResourceNotFound",
      .invalidFormat: "InvalidFormat", .invalidParameterCombination: "InvalidParameterCombination",
      .limitFault: "LimitExceeded", .noSuchEntity: "NoSuchEntity", .malformedPolicyDocument: "MalformedPolicyDocument",
      .invalidInput: "InvalidInput", .entityAlreadyExists: "EntityAlreadyExists", .deleteConflict: "DeleteConflict",
    ]

    private static let prefixedQueryCodes: Set<Code> = [
      .batchEntryIDsNotDistinct, .batchRequestTooLong, .emptyBatchRequest, .invalidBatchEntryID, .messageNotInflight,
      .purgeQueueInProgress, .queueDeletedRecently, .tooManyEntriesInBatchRequest, .unsupportedOperation,
    ]

    private static let plainSQSCodes: Set<Code> = [
      .invalidAttributeName, .invalidAttributeValue, .invalidMessageContents, .overLimit, .receiptHandleIsInvalid,
      .requestThrottled, .resourceNotFound,
    ]
  }
}
