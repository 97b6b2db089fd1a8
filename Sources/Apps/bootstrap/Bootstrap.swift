import ClockPorts
import AsyncHTTPClient
import AWSClients
import AWSPorts
import ConfigModel
import CryptoPorts
import Engine
import Events
import LambdaPorts
import LambdaRuntime
import NIOPosix
import SourceClients

#if canImport(Musl)
  import Musl
#elseif canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The Lambda function of an environment: reads its configuration, then answers one invocation after the other.
///
/// `_HANDLER` names the function: `orchestrator`, `worker` or `notifier`. The configuration is `config.json` beside the
/// binary, or what `BELLCRANK_CONFIG` names; variables `BELLCRANK_…` come before it, as everywhere.
@main
struct Bootstrap {
  /// What is left of an invocation's time for its answer.
  static let margin = Span(milliseconds: 500)

  static func main() async {
    let variables = ProcessVariables.all()
    let http = HTTPClient(
      eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup(numberOfThreads: 1)),
      configuration: AWSClients.AsyncHTTPTransport.configuration)
    guard let api = variables["AWS_LAMBDA_RUNTIME_API"] else {
      StandardOutputLog(SystemClock()).write(
        LogLine(.error, "AWS_LAMBDA_RUNTIME_API is not set: this binary runs in Lambda, or under its emulator"))
      exit(1)
    }
    let loop = LambdaLoop(api: api, client: http, setVariable: ProcessVariables.set)
    let termination = TerminationSignal { loop.stop() }
    defer { withExtendedLifetime(termination) {} }
    do {
      let function = try Bootstrap.function(variables, http)
      try await loop.run { invocation in
        let context = InvocationContext(
          requestID: invocation.requestID, invokedAt: SystemClock().now(), cause: nil)
        return await AWSDeadline.$current.withValue(invocation.deadline - margin) {
          await function.invoke(invocation.payload, context)
        }
      }
      exit(0)
    } catch let failure as SetUpFailure {
      await report(failure, to: loop)
      exit(1)
    } catch {
      StandardOutputLog(SystemClock()).write(LogLine(.error, "the runtime ended", ["reason": "\(error)"]))
      exit(1)
    }
  }

  /// Why the function cannot be set up.
  struct SetUpFailure: Error {
    let type: String
    let reason: String
  }

  private static func report(_ failure: SetUpFailure, to loop: LambdaLoop) async {
    let log = StandardOutputLog(SystemClock())
    log.write(LogLine(.error, "the function cannot be set up", ["type": failure.type, "reason": failure.reason]))
    do {
      try await loop.failInit(type: failure.type, message: failure.reason)
    } catch {
      log.write(LogLine(.error, "the failure could not be reported", ["reason": error.reason]))
    }
  }

  private static func function(
    _ variables: [String: String], _ http: HTTPClient
  ) throws(SetUpFailure) -> any Function {
    let name = variables["_HANDLER"] ?? ""
    guard let handler = LambdaFunctions.Handler(rawValue: name) else {
      let known = LambdaFunctions.Handler.allCases.map(\.rawValue).joined(separator: ", ")
      throw SetUpFailure(type: "HANDLER_UNKNOWN", reason: "the handler is one of \(known), not \(name)")
    }
    let settings = try settings(variables)
    let (clock, entropy) = (SystemClock(), SystemEntropy())
    let log = StandardOutputLog(clock)
    let endpoints: Endpoints
    do {
      endpoints = try Endpoints(variables)
    } catch {
      throw SetUpFailure(type: "REGION_MISSING", reason: error.reason)
    }
    let transport = AWSClients.AsyncHTTPTransport(client: http)
    let client = AWSClient(
      transport, CredentialProvider(variables, transport, clock, readFile: SmallFile.bytes(of:)), endpoints,
      RetryPolicy.standard, clock, entropy)
    let store = AWSStore(
      settings, client, queues: "\(endpoints[.sqs].url)/\(settings.names.account)", clock, entropy, log,
      metrics: EmbeddedMetrics(log), deletesFinished: true)
    let sources = settings.sources.mapValues { source in
      YahooFinanceClient(
        transport: SourceClients.AsyncHTTPTransport(client: http), baseURL: source.baseURL, userAgent: "bellcrank")
        as any Source
    }
    return LambdaFunctions(
      settings, store, clock, entropy, CryptoDigests(), log, NoObserver(), sources: sources
    ).function(handler)
  }

  private static func settings(_ variables: [String: String]) throws(SetUpFailure) -> Settings {
    let path = variables["BELLCRANK_CONFIG"] ?? "\(variables["LAMBDA_TASK_ROOT"] ?? ".")/config.json"
    guard let bytes = SmallFile.bytes(of: path), let text = String(validating: bytes, as: UTF8.self) else {
      throw SetUpFailure(type: "CONFIG_MISSING", reason: "\(path) is not there or cannot be read")
    }
    do {
      return try ConfigReader.read(
        json: text, fileName: path, ConfigOverrides(variables: variables, flags: [:])
      ).settings
    } catch {
      throw SetUpFailure(type: "CONFIG_INVALID", reason: error.description)
    }
  }
}

extension StandardOutputLog: MetricLines {}

extension Endpoint {
  /// `https://sqs.us-east-1.amazonaws.com`
  fileprivate var url: String { "\(isSecure ? "https" : "http")://\(host)\(base)" }
}
