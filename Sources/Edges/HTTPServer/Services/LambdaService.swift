import Deliveries
import AWSWire
import Engine
import Events
import Ingestion
import Rules

/// Lambda on the wire: the environment's functions, invoked and described.
struct LambdaService: Sendable {
  private let context: ServiceContext

  init(_ context: ServiceContext) {
    self.context = context
  }

  func answer(_ operation: LambdaOperation) async throws -> LambdaAnswer {
    switch operation {
    case .invoke(let input): return try await invoke(input)
    case .getFunction(let reference): return .getFunction(shape(try name(reference)))
    case .getFunctionConfiguration(let reference): return .getFunctionConfiguration(shape(try name(reference)))
    case .listFunctions(let marker, let maxItems):
      let page = try ListPage(
        context.runtime.functions.names, Listing("ListFunctions", refusal: .invalidParameterValue), limit: maxItems,
        after: marker, max: 50, name: { $0 })
      return .listFunctions(page.elements.map(shape), nextMarker: page.nextToken)
    }
  }

  private func invoke(_ input: LambdaOperation.InvokeInput) async throws -> LambdaAnswer {
    let name = try name(input.function)
    guard let function = context.runtime.functions[name] else { throw notFound(name) }
    let payload = input.payload?.bytes ?? []
    switch input.invocationType {
    case .dryRun: return .allowed
    case .event:
      // Durable before it is acknowledged: the invocation waits in the store like any delivery (D20: two retries).
      let cause = Cause(id: context.requestID, trigger: .manual, arrivedAt: context.now)
      let letters = context.names.queue(EnvironmentNames(context.runtime.settings).triggerDeadLetters)
      let target = Target(
        id: "async", arn: context.names.function(name), input: .whole,
        retry: .init(retriesMax: 2, ageSecondsMax: 21_600) ?? .standard, deadLetter: letters)
      let body = payload.isEmpty ? "{}" : String(decoding: payload, as: UTF8.self)
      try await context.ports.events.record(
        NewDelivery(cause: cause, target: target, body: body, due: context.now))
      context.runtime.bells.deliveriesDue.ring()
      return .accepted
    case .requestResponse:
      let outcome = await function.invoke(
        payload, InvocationContext(requestID: context.requestID, invokedAt: context.now, cause: nil))
      return .invoked(invocation(outcome, wantsLog: input.logType == .tail))
    }
  }

  private func invocation(_ outcome: FunctionOutcome, wantsLog: Bool) -> LambdaAnswer.Invocation {
    switch outcome {
    case .answered(let answer):
      let tail = "REPORT RequestId: \(context.requestID) decision: \(answer["decision"]?.string ?? "none")"
      return .init(payload: answer, logTail: wantsLog ? tail : nil)
    case .failed(let type, let message):
      let error: JSON = ["errorMessage": .string(message), "errorType": .string(type)]
      return .init(
        payload: error, functionError: "Unhandled",
        logTail: wantsLog ? "ERROR RequestId: \(context.requestID) \(type): \(message)" : nil)
    }
  }

  private func name(_ reference: FunctionReference) throws(WireError) -> String {
    let isHere =
      context.runtime.functions[reference.name] != nil
      && reference.account ?? context.names.account == context.names.account
      && reference.region ?? context.names.region == context.names.region
      && ["$LATEST", nil].contains(reference.qualifier)
    guard isHere else { throw notFound(reference.name) }
    return reference.name
  }

  /// The ARN of a function that is here.
  func arn(of reference: FunctionReference) throws(WireError) -> ResourceName {
    context.names.function(try name(reference))
  }

  private func notFound(_ name: String) -> WireError {
    .noSuchFunction(context.names.function(name).description)
  }

  private func shape(_ name: String) -> LambdaAnswer.FunctionShape {
    let settings = context.runtime.settings
    let isWorker = name == EnvironmentNames(settings).worker
    return .init(
      functionName: name, functionArn: context.names.function(name).description, runtime: "provided.al2023",
      role: "arn:aws:iam::\(context.names.account):role/\(name)", handler: isWorker ? "worker" : "orchestrator",
      description: isWorker
        ? "Fetches a chunk's symbols and stores an object each" : "Decides about every cause and dispatches runs",
      timeoutSeconds: isWorker ? settings.chunks.workerTimeoutSeconds : 60, memorySizeMiB: 128,
      lastModified: context.runtime.startedAt, environment: ["ENVIRONMENT": settings.environment])
  }
}
