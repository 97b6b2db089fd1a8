import Engine
import Events
import Operations
import Rules
import Schedules

/// What `serve` says when it is ready: what it serves, when it fires next, and three commands to copy.
struct Banner {
  private let runtime: Runtime
  private let zone: ZoneRules
  private let endpoint: String
  private let data: String
  private let needsCredentials: Bool
  private let token: String
  /// nil on the machine's clock.
  private let time: Timekeeper.Reading?

  init(
    _ runtime: Runtime, _ zone: ZoneRules, host: String, port: Int, data: String, needsCredentials: Bool,
    token: String, time: Timekeeper.Reading?
  ) {
    self.time = time
    self.token = token
    self.needsCredentials = needsCredentials
    self.runtime = runtime
    self.zone = zone
    endpoint = "http://\(host):\(port)"
    self.data = data
  }

  var text: String {
    let settings = runtime.settings
    let names = EnvironmentNames(settings)
    let rules = runtime.book.bus.rules.map { rule in
      [rule.name, rule.state.rawValue, rule.schedule.map { "\($0.text)  \($0.plainWords) UTC" } ?? "event pattern"]
    }
    let who = needsCredentials ? "with a key of bellcrank credentials add" : "any credentials do"
    let key = needsCredentials ? "…" : "test"
    return """
      bellcrank \(Bellcrank.version) serves \(settings.environment) at \(endpoint), data in \(data)\(clock)

      \(Table(["rule", "state", "fires on"], rules).text(under: "Rules"))

      \(Table(["schedule", "next, UTC", Table.Column(zone.name)], fires).text(under: "Next fires"))

      Console
        \(endpoint)/console
        actions need this token, new with every start: \(token)

      Try (\(who); the region is \(settings.names.region))
        export AWS_ACCESS_KEY_ID=\(key) AWS_SECRET_ACCESS_KEY=\(key) AWS_DEFAULT_REGION=\(settings.names.region)
        aws --endpoint-url \(endpoint) events put-events --entries '[{"Source":"ops.manual","DetailType":"Adhoc Ingestion","Detail":"{\\"symbols\\":[\\"AAPL\\"]}"}]'
        aws --endpoint-url \(endpoint) lambda invoke --function-name \(names.orchestrator) --payload '{"symbols":["AAPL"],"period":"1d"}' /dev/stdout
        aws --endpoint-url \(endpoint) sqs receive-message --queue-url \(endpoint)/\(settings.names.account)/\(names.transformQueue)
      """
  }

  /// A line of its own for a clock that is not the machine's.
  private var clock: String {
    guard let time else { return "" }
    let pace = time.speed == 0 ? "stands" : "runs \(time.speed) times as fast as real time"
    return "\nThe clock is virtual and \(pace): it is \(time.now). Try: bellcrank clock advance 1d"
  }

  private var fires: [[String]] {
    let now = runtime.ports.clock.now()
    return runtime.book.bus.scheduled.flatMap { rule in
      Views.fires(of: rule, after: now).enumerated().map { index, fire in
        [index == 0 ? rule.name : "", wall(fire, .utc), wall(fire, zone)]
      }
    }
  }

  /// `Tue 2025-09-09 22:00 UTC`
  private func wall(_ moment: Timestamp, _ zone: ZoneRules) -> String {
    let offset = zone.offset(at: moment)
    let civil = CivilTime(moment + .seconds(offset.seconds))
    let day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][civil.dayOfWeek - 1]
    return "\(day) \(civil.dateText) \(civil.timeText.prefix(5)) \(offset.abbreviation)"
  }
}
