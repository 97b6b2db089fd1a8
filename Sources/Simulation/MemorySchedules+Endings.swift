import Engine
import Events
import Rules
import Synchronization

extension MemorySchedules {
  public func endings(by now: Timestamp, limit: Int) async throws(StoreError) -> [DueEnding] {
    state.withLock { state in
      let due = state.endings.values.filter { $0.due <= now }.sorted {
        ($0.due, $0.schedule, $0.slot) < ($1.due, $1.schedule, $1.slot)
      }
      return due.prefix(limit).map { ending in
        DueEnding(ending: ending, schedule: state.names[ending.schedule].flatMap { state.schedules[$0] })
      }
    }
  }

  public func nextEnding() async throws(StoreError) -> Timestamp? {
    state.withLock { $0.endings.values.map(\.due).min() }
  }

  public func end(_ endings: [ScheduleEnding], completed: [Int64: Int]) async throws(StoreError) -> [Int64] {
    state.withLock { state in
      var ended: [Int64] = []
      for ending in endings {
        if let version = completed[ending.schedule], !ended.contains(ending.schedule) {
          guard let name = state.names[ending.schedule], state.schedules[name]?.version == version else { continue }
          ended += [state.remove(name)].compactMap { $0 }
        }
        state.endings[Slot(schedule: ending.schedule, slot: ending.slot)] = nil
      }
      return ended
    }
  }
}

extension MemorySchedules.State {
  mutating func insert(_ ending: ScheduleEnding) {
    endings[MemorySchedules.Slot(schedule: ending.schedule, slot: ending.slot)] = ending
  }

  /// Removes what has had its last slot, or notes when it ends. The id of what was removed.
  mutating func complete(_ completed: CompletedSchedule, _ slot: Timestamp) -> Int64? {
    guard let found = schedules[completed.name], completed.isSame(as: found), let id = ids[completed.name] else {
      return nil
    }
    guard let due = completed.due else { return remove(completed.name) }
    insert(ScheduleEnding(schedule: id, slot: slot, since: completed.since, due: due))
    return nil
  }
}
