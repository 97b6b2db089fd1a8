import Events
import Ingestion

/// Tables held still for maintenance, and let go of (D13): each act is in the ledger with who, when and why.
public struct LeaseControl: Sendable {
  private let engine: Runtime

  public init(_ engine: Runtime) {
    self.engine = engine
  }

  /// Causes for the table wait until then; nil if somebody else holds it.
  public func hold(
    domain: String, table: String, owner: String, for span: Span, _ note: ChangeNote
  ) async throws(StoreError) -> Admission.Lease? {
    let now = engine.ports.clock.now()
    let held = try await engine.ports.desk.hold(
      domain: domain, table: table, owner: owner, until: now + span, at: now)
    guard let held else { return nil }
    try await engine.record("hold of \(domain).\(table) for \(owner) until \(held.until)", "lease", note)
    return held
  }

  /// Causes that waited go on; false if that owner does not hold it.
  public func release(
    domain: String, table: String, owner: String, _ note: ChangeNote
  ) async throws(StoreError) -> Bool {
    let now = engine.ports.clock.now()
    guard try await engine.ports.desk.letGo(domain: domain, table: table, owner: owner, at: now) else { return false }
    engine.bells.deferredDue.ring()
    try await engine.record("release of \(domain).\(table), held by \(owner)", "lease", note)
    return true
  }
}

extension Runtime {
  /// Writes down what an operator did that sets off no cause.
  ///
  /// - Parameter kind: what it was done to, such as `lease`.
  public func record(_ what: String, _ kind: String, _ note: ChangeNote) async throws(StoreError) {
    let cause = Cause(id: "\(kind)/\(ports.entropy.uuid())", trigger: .manual, arrivedAt: ports.clock.now())
    _ = try await ports.desk.close(OperatorAction.entry(what, of: cause, note), deadLetter: nil)
  }
}
