import Events
import Measures

/// An alarm and where it stands.
public struct Alarm: Sendable, Hashable {
  public var definition: AlarmDefinition
  public private(set) var state: AlarmState
  public private(set) var reason: String
  public private(set) var reasonData: JSON?
  public private(set) var stateChangedAt: Timestamp
  public var configuredAt: Timestamp

  /// A change of state, and where the alarm stood before.
  public struct Transition: Sendable, Hashable {
    public let alarm: Alarm
    public let previous: Alarm
  }

  /// A new alarm: it knows nothing yet.
  public init(_ definition: AlarmDefinition, at now: Timestamp) {
    self.definition = definition
    state = .insufficientData
    reason = "Unchecked: Initial alarm creation"
    reasonData = nil
    stateChangedAt = now
    configuredAt = now
  }

  /// Takes a look at the datapoints. nil if the state stays as it is.
  public mutating func evaluate(_ datapoints: [AlarmEvaluation.Datapoint], at now: Timestamp) -> Transition? {
    let look = AlarmEvaluation(definition, previous: state, datapoints: datapoints, at: now)
    guard look.state != state else { return nil }
    return set(look.state, look.reason, look.reasonData, at: now)
  }

  /// Sets the state, by evaluation or by hand. nil if it is the same state.
  public mutating func set(
    _ state: AlarmState, _ reason: String, _ reasonData: JSON?, at now: Timestamp
  ) -> Transition? {
    let previous = self
    self.state = state
    self.reason = reason
    self.reasonData = reasonData
    guard previous.state != state else { return nil }
    stateChangedAt = now
    return Transition(alarm: self, previous: previous)
  }

  /// What the actions of the state that it has now are.
  public var actions: [String] {
    guard definition.actionsEnabled else { return [] }
    switch state {
    case .ok: return definition.okActions
    case .alarm: return definition.alarmActions
    case .insufficientData: return definition.insufficientDataActions
    }
  }

  public var json: JSON {
    JSON(present: [
      "definition": definition.json, "state": .string(state.rawValue), "reason": .string(reason),
      "reason_data": reasonData, "state_changed_at": .string(stateChangedAt.preciseText),
      "configured_at": .string(configuredAt.preciseText),
    ])
  }

  /// Reads what `json` wrote; nil if it is something else.
  public init?(json: JSON) {
    guard let definition = json["definition"], let state = json["state"]?.string.flatMap({ AlarmState(rawValue: $0) }),
      let reason = json["reason"]?.string, let changed = json["state_changed_at"]?.string.flatMap({ Timestamp($0) }),
      let configured = json["configured_at"]?.string.flatMap({ Timestamp($0) })
    else { return nil }
    do { self.definition = try AlarmDefinition(json: definition) } catch { return nil }
    self.state = state
    self.reason = reason
    reasonData = json["reason_data"]
    stateChangedAt = changed
    configuredAt = configured
  }
}

/// One line of an alarm's history. Source: CloudWatch API, `AlarmHistoryItem`.
public struct AlarmHistoryItem: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case configurationUpdate = "ConfigurationUpdate"
    case stateUpdate = "StateUpdate"
    case action = "Action"
  }

  public let alarm: String
  public let at: Timestamp
  public let kind: Kind
  public let summary: String
  public let data: JSON

  public init(alarm: String, at: Timestamp, kind: Kind, summary: String, data: JSON) {
    self.alarm = alarm
    self.at = at
    self.kind = kind
    self.summary = summary
    self.data = data
  }

  /// What a change of state leaves behind.
  public init(_ transition: Alarm.Transition) {
    func side(_ alarm: Alarm) -> JSON {
      JSON(present: [
        "stateValue": .string(alarm.state.rawValue), "stateReason": .string(alarm.reason),
        "stateReasonData": alarm.reasonData,
      ])
    }
    self.init(
      alarm: transition.alarm.definition.name, at: transition.alarm.stateChangedAt, kind: .stateUpdate,
      summary: "Alarm updated from \(transition.previous.state.rawValue) to \(transition.alarm.state.rawValue)",
      data: ["version": "1.0", "oldState": side(transition.previous), "newState": side(transition.alarm)])
  }
}

extension Alarm.Transition {
  /// The event that goes on the bus: `CloudWatch Alarm State Change`, exactly as CloudWatch sends it.
  ///
  /// The id is derived from alarm, states and moment, so that a repetition is known.
  /// Source: CloudWatch user guide, "Alarm events and EventBridge".
  public func event(arn: ResourceName) -> Event {
    let definition = alarm.definition
    func side(_ alarm: Alarm) -> JSON {
      JSON(present: [
        "value": .string(alarm.state.rawValue), "reason": .string(alarm.reason),
        "reasonData": alarm.reasonData.map { .string($0.text) },
        "timestamp": .string(AlarmEvaluation.long(alarm.stateChangedAt)),
      ])
    }
    let seed = "\(arn) \(previous.state.rawValue) \(alarm.state.rawValue) \(alarm.stateChangedAt.preciseText)"
    return Event(
      id: DerivedID.uuid(of: seed), source: "aws.cloudwatch", detailType: "CloudWatch Alarm State Change",
      account: arn.account, region: arn.region, time: alarm.stateChangedAt.wholeSecond, resources: [arn.description],
      detail: JSON(present: [
        "alarmName": .string(definition.name), "state": side(alarm), "previousState": side(previous),
        "configuration": JSON(present: [
          "metrics": .array(definition.eventMetrics), "description": definition.description.map { .string($0) },
        ]),
        "tags": definition.tags.isEmpty
          ? nil : .object(definition.tags.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }),
      ]))
  }
}

extension AlarmDefinition {
  /// The metrics as an alarm's event lists them.
  var eventMetrics: [JSON] {
    func stat(_ metric: MetricID, _ statistic: String, _ period: Int) -> JSON {
      [
        "metric": [
          "namespace": .string(metric.namespace), "name": .string(metric.name),
          "dimensions": .object(metric.dimensions.map { .init($0.name, .string($0.value)) }),
        ],
        "period": JSON(period), "stat": .string(statistic),
      ]
    }
    switch subject {
    case .metric(let metric, let statistic, _):
      return [
        [
          "id": .string(DerivedID.uuid(of: "\(name) \(metric.key)")), "metricStat": stat(metric, statistic, period),
          "returnData": true,
        ]
      ]
    case .queries(let queries):
      return queries.map { query in
        var json = JSON(present: [
          "id": .string(query.id), "label": query.label.map { .string($0) }, "returnData": .bool(query.returnsData),
        ])
        switch query.source {
        case .metric(let metric, let statistic, let period, _): json.set("metricStat", stat(metric, statistic, period))
        case .expression(let text, _): json.set("expression", .string(text))
        }
        return json
      }
    }
  }
}
