import Engine
import Events
import Ingestion
import Schedules

extension ConfigDraft {
  /// The values in force, once nothing is wrong with them.
  func config() throws(ConfigError) -> EnvironmentConfig {
    guard problems.isEmpty else { throw ConfigError(problems) }
    return EnvironmentConfig(
      settings: settings(),
      server: .init(host: text(.host), port: number(.port)),
      values: ConfigKey.concrete(sources: sources).map { path, _ in
        let written = checked(path)
        return .init(path: path, text: written.value.text, place: written.place)
      })
  }

  private func settings() -> Settings {
    let tables = list(.tables).map { name in
      let parts = ConfigKey.parts(name)
      return IngestionCatalog.Table(domain: parts[0], name: parts[1])
    }
    return Settings(
      environment: text(.environment),
      names: ResourceNames(account: text(.account), region: text(.region)),
      defaults: IngestionDefaults(
        environment: text(.environment), dataSource: text(.dataSource), dataType: text(.dataType),
        domain: text(.domain), tableName: text(.tableName), symbols: list(.symbols), period: text(.period),
        interval: text(.interval), fileFormat: text(.fileFormat)),
      catalog: IngestionCatalog(
        dataSources: bySource { .init(chunkSizeMax: number(.sourceChunkMax, of: $0)) }, tables: Set(tables)),
      schedule: schedule(), misfire: misfire(), limits: limits(),
      chunks: .init(
        size: number(.chunkSize), sendBatchSize: number(.sendBatchSize),
        workerTimeoutSeconds: number(.workerTimeout)),
      sources: bySource { source in
        .init(
          baseURL: text(checked(ConfigKey.sourceURL.path(source: source))),
          requestsPerMinute: number(.sourceRate, of: source), timeoutSeconds: number(.sourceTimeout, of: source))
      },
      transform: .init(prefix: text(.transformPrefix), suffix: text(.transformSuffix)), workers: number(.workers),
      retention: Retention(days: number(.retentionDays), ledgerMiB: number(.retentionSize)))
  }

  private func limits() -> Admission.Limits {
    Admission.Limits(
      manualMax: number(.manualPerHour), manualWindow: .hours(1), eventMax: number(.eventsPerMinute),
      eventWindow: .minutes(1),
      breaker: CircuitBreaker.Settings(
        failuresMax: number(.breakerFailures), window: .seconds(number(.breakerWindow)),
        rest: .seconds(number(.breakerRest))),
      claimLife: .days(number(.keyExpiry)), hopsMax: number(.hops), reingestionsMax: number(.reingestions))
  }

  private func misfire() -> MisfirePolicy {
    guard let kind = MisfirePolicy.Kind(rawValue: text(.misfire)) else {
      preconditionFailure("\(text(.misfire)) was taken for a misfire policy")
    }
    return MisfirePolicy(kind: kind, window: .seconds(number(.misfireWindow)))
  }

  private func schedule() -> ScheduleExpression {
    do throws(ScheduleError) {
      return try ScheduleExpression(text(.schedule), dialect: .rules)
    } catch {
      preconditionFailure("\(text(.schedule)) was taken for a schedule: \(error.reason)")
    }
  }

  private func bySource<Value>(_ make: (String) -> Value) -> [String: Value] {
    Dictionary(uniqueKeysWithValues: sources.map { ($0, make($0)) })
  }

  private func number(_ key: ConfigKey) -> Int { number(checked(key.path)) }
  private func number(_ key: ConfigKey, of source: String) -> Int { number(checked(key.path(source: source))) }
  private func text(_ key: ConfigKey) -> String { text(checked(key.path)) }

  private func list(_ key: ConfigKey) -> [String] {
    guard case .list(let texts) = checked(key.path).value else { preconditionFailure("\(key.path) is no list") }
    return texts
  }

  private func number(_ written: Written) -> Int {
    guard case .number(let number) = written.value else { preconditionFailure("\(written.value) is no number") }
    return number
  }

  private func text(_ written: Written) -> String {
    guard case .text(let text) = written.value else { preconditionFailure("\(written.value) is no text") }
    return text
  }

  private func checked(_ path: String) -> Written {
    guard let written = written[path] else { preconditionFailure("\(path) was never read: is it in ConfigKey.all?") }
    return written
  }
}
