/// What set a cause off, as `trigger_type` and the metrics name it (D1, D24).
public enum TriggerType: String, Sendable, Hashable, Codable, CaseIterable {
  case schedule, event, manual, backfill, replay
}
