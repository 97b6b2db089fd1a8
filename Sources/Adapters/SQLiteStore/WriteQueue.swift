/// Who writes when: what is urgent goes first and for itself, everything else in the order in which it came.
struct WriteQueue<Job: Sendable> {
  /// The jobs of one transaction.
  struct Turn: Sendable {
    var jobs: [Job]
    let isUrgent: Bool
  }

  private var jobs: [Job] = []
  private var urgent: [Job] = []
  private var isDraining = false

  /// Whether somebody has to begin to take jobs out.
  mutating func add(_ more: [Job], isUrgent: Bool) -> Bool {
    if isUrgent { urgent += more } else { jobs += more }
    defer { isDraining = true }
    return !isDraining
  }

  /// What the next transaction does; nil if there is nothing to do, and then whoever comes next has to begin.
  mutating func next(max: Int) -> Turn? {
    guard urgent.isEmpty else {
      defer { urgent = [] }
      return Turn(jobs: urgent, isUrgent: true)
    }
    guard !jobs.isEmpty else {
      isDraining = false
      return nil
    }
    let batch = Array(jobs.prefix(max))
    jobs.removeFirst(batch.count)
    return Turn(jobs: batch, isUrgent: false)
  }

  /// Takes back what a transaction has not begun yet, if something urgent waits that it is not itself; then it is the first of the
  /// one after.
  mutating func makesWay(_ turn: Turn, from index: Int) -> Bool {
    guard !turn.isUrgent, !urgent.isEmpty else { return false }
    jobs.insert(contentsOf: turn.jobs[index...], at: 0)
    return true
  }
}
