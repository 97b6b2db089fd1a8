import Alarms
import Engine
import Events
import Measures
import Operations
import SQLiteStore
import Testing

@Suite struct AlarmDrillTests {
  @Test func `every alarm of the environment goes from OK to ALARM and back in a drill, and is not touched`()
    async throws
  {
    let room = try await Room()
    try await room.live(minutes: 2)
    let before = try await room.room.alarms.alarms()
    for alarm in before {
      let steps = try #require(try await AlarmDrill(room.room).run(alarm.definition.name))
      #expect(steps.map(\.found) == [.ok, .alarm, .ok], "\(alarm.definition.name)")
      #expect(steps.filter(\.isRight).count == 3)
    }
    #expect(try await room.room.alarms.alarms() == before)
    _ = try await room.room.notifier.sendDue()
    #expect(room.hook.messages.count >= 27)
    #expect(try await AlarmDrill(room.room).run("nobody") == nil)
  }

  @Test func `Prometheus reads the same numbers, and they only grow`() async throws {
    let room = try await Room()
    try await room.live(minutes: 12)
    let text = Exposition.text(try await room.store.totals())
    let rule = room.names.scheduleRule
    #expect(text.contains("aws_events_invocations_sum{rule_name=\"\(rule)\"} 1\n"), "\(text)")
    #expect(text.contains("# TYPE extract_triggers_trigger_execution summary\n"))
    #expect(
      text.contains(
        "extract_triggers_trigger_execution_count{domain=\"market\",status=\"success\",trigger_type=\"schedule\"} 1\n"))
    #expect(text.contains("aws_sqs_approximate_number_of_messages_visible_latest{queue_name="))
  }
}
