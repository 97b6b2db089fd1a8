import Events
import Ingestion
import Rules
import Telemetry

extension Orchestrator {
  /// What would be decided about a payload now: decision, code and one sentence. Nothing is written or consumed.
  public func preview(_ payload: [UInt8], _ cause: Cause) async throws(StoreError) -> LedgerEntry {
    let now = clock.now()
    func refused(_ refusal: Refusal) -> LedgerEntry {
      AdmissionReport.refused(refusal, cause, nil, correlationID: nil, at: now)
    }
    let json: JSON
    do {
      json = try JSON(parsing: payload)
    } catch {
      return refused(Refusal(.malformedEvent, "the payload is not JSON: \(error.message)"))
    }
    var (body, kind, moment) = (json, RequestReader.Kind.request, cause.slot ?? cause.arrivedAt)
    switch InputShape(json) {
    case .request: break
    case .tick: return refused(Refusal(.malformedEvent, "a tick starts no ingestion"))
    case .objectRecords: return refused(Refusal(.malformedEvent, "object notifications start no ingestion"))
    case .scheduled, .envelope:
      guard let event = Event(given: json) else { return refused(Refusal(.malformedEvent, "the event lacks a member")) }
      moment = event.time
      switch EventTranslation.of(event) {
      case .scheduled: body = settings.defaults.json
      case .request(let asked): body = asked
      case .reingestion(let asked): (body, kind) = (asked, .reingestion)
      case .universe(_, let then): (body, kind) = (then ?? .object([]), .universe)
      case .refused(let refusal): return refused(refusal)
      case .objects: return refused(Refusal(.malformedEvent, "object events start no ingestion"))
      case .notOurs(let reason): return refused(Refusal(.malformedEvent, reason))
      }
    }
    switch RequestReader.read(
      body, trigger: cause.trigger, correlationID: cause.correlationID, triggerTime: moment, kind: kind,
      defaults: settings.defaults, catalog: settings.catalog)
    {
    case .failure(let refusal): return refused(refusal)
    case .success(let read):
      let ask = Ask(read.request, read.warnings, String(decoding: payload, as: UTF8.self), resumes: false)
      let universe = try await universe.universe(at: now).map { Universe(symbols: $0, source: .parameter) }
      switch SymbolResolution.resolve(
        read.request, universe: universe ?? Universe(symbols: settings.defaults.symbols, source: .defaults))
      {
      case .failure(let refusal): return refused(refusal)
      case .success(let resolution):
        let application = application(ask, resolution, cause, at: now)
        return AdmissionReport.entry(try await desk.preview(application, at: now), application, at: now)
      }
    }
  }
}
