import Events

extension Runtime {
  /// Longest sleep of a loop: a stepped clock or a missed ring costs no more than this.
  public static let napMax = Span.seconds(15)
  /// How often it is looked whether slots that wait for an earlier one may go on.
  public static let waitingLook = Span.seconds(1)
  /// How long a loop rests after the store has failed.
  public static let troubleRest = Span.seconds(1)

  /// Runs the loops until the task is cancelled; each finishes what it has begun.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await loop(
          "scheduler", wokenBy: [book.changed, scheduler.changed],
          // A pause that ends at an instant has ended for the slot of that instant.
          { try await pauses.resumeDue() + scheduler.tick() },
          { [scheduler.nextWake(), try await pauses.nextDue()].compactMap { $0 }.min() })
      }
      group.addTask {
        await loop(
          "expander", wokenBy: [bells.slotsOpen, bells.runEnded, bells.deliveriesDone], { try await expander.work() },
          {
            // Nobody rings when what a slot waits for is neither a run nor a delivery.
            let waits = try await !ports.schedules.waitingHeads().isEmpty
            return [waits ? ports.clock.now() + Runtime.waitingLook : nil, try await expander.nextDue()]
              .compactMap { $0 }.min()
          })
      }
      group.addTask {
        await loop(
          "deliverer", wokenBy: [bells.deliveriesDue],
          {
            let done = try await deliverer.deliverDue()
            if done > 0 { bells.deliveriesDone.ring() }
            return done
          },
          { try await deliverer.nextDue() })
      }
      group.addTask {
        await loop(
          "releaser", wokenBy: [bells.deferredDue, bells.runEnded],
          {
            let done = try await releaser.releaseDue()
            if done > 0 { bells.deliveriesDone.ring() }
            return done
          },
          { try await releaser.nextDue() })
      }
      group.addTask {
        await loop(
          "backfiller",
          wokenBy: [book.changed, scheduler.changed, backfiller.changed, bells.runEnded, bells.deliveriesDone],
          { try await backfiller.work() }, { try await backfiller.nextDue() })
      }
      group.addTask {
        await loop("zone watch", wokenBy: [Bell()], { try await zoneWatch.lookDue() }, { zoneWatch.nextDue })
      }
      group.addTask {
        await loop("housekeeper", wokenBy: [Bell()], { try await housekeeper.tidyDue() }, { housekeeper.nextDue })
      }
      let workQueue = queueBells[EnvironmentNames(settings).workQueue]
      for number in 1...settings.workers {
        group.addTask {
          await loop(
            "worker \(number)", wokenBy: [workQueue], { try await worker.workOnce() ? 1 : 0 },
            { try await worker.nextDue() })
        }
      }
    }
  }

  /// Works while there is work, then sleeps until a bell rings or something is due.
  private func loop(
    _ name: String, wokenBy bells: [Bell], _ work: @escaping @Sendable () async throws -> Int,
    _ nextDue: @Sendable () async throws -> Timestamp?
  ) async {
    while !Task.isCancelled {
      let marks = bells.map(\.mark)
      ports.observer.observe(.loopTurned(name), at: ports.clock.now())
      do {
        // Work that has begun is finished also when the loop is told to stop, so it runs where no cancellation reaches it.
        if try await Task(operation: work).value > 0 { continue }
        let now = ports.clock.now()
        let due = try await nextDue() ?? now + Runtime.napMax
        let nap = min(Runtime.napMax, max(Span(milliseconds: 1), due - now))
        await Bell.wait(bells, since: marks, atMost: nap, ports.clock)
      } catch {
        if Task.isCancelled { return }
        ports.log.write(LogLine(.error, "loop failed", ["loop": name, "reason": "\(error)"]))
        do { try await ports.clock.sleep(for: Runtime.troubleRest) } catch { return }
      }
    }
  }
}

extension Bell {
  /// Returns when one of them has rung since its mark, when the span has passed, or when the task is cancelled.
  static func wait(_ bells: [Bell], since marks: [Mark], atMost span: Span, _ clock: any WallClock) async {
    guard bells.count > 1 else {
      if let bell = bells.first, let mark = marks.first { await bell.wait(since: mark, atMost: span, clock) }
      return
    }
    await withTaskGroup(of: Void.self) { group in
      for (bell, mark) in zip(bells, marks) {
        group.addTask { await bell.wait(since: mark, atMost: span, clock) }
      }
      await group.next()
      group.cancelAll()
    }
  }
}
