/// Who writes when: what is urgent goes first and for itself, everything else in the order in which it came.
struct WriteQueue<Job> {
  private var jobs: [Job] = []
  private var urgent: [Job] = []
  private var isDraining = false

  /// Whether somebody has to begin to take jobs out.
  mutating func add(_ more: [Job], isUrgent: Bool) -> Bool {
    if isUrgent { urgent += more } else { jobs += more }
    defer { isDraining = true }
    return !isDraining
  }

  /// The jobs of the next transaction; nil if there are none, and then whoever comes next has to begin.
  mutating func next(max: Int) -> [Job]? {
    guard urgent.isEmpty else {
      defer { urgent = [] }
      return urgent
    }
    guard !jobs.isEmpty else {
      isDraining = false
      return nil
    }
    let batch = Array(jobs.prefix(max))
    jobs.removeFirst(batch.count)
    return batch
  }

  /// Takes back what a transaction has not begun yet, if something urgent waits; then it is the first of the one after.
  mutating func makesWay(_ rest: ArraySlice<Job>) -> Bool {
    guard !urgent.isEmpty else { return false }
    jobs.insert(contentsOf: rest, at: 0)
    return true
  }
}
