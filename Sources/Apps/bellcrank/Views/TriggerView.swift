import Events

/// The orchestrator's answer for people.
enum TriggerView {
  /// The decision with its ids, then the plan or the violations.
  static func text(_ answer: JSON) -> String {
    let error = answer["error"]
    let facts = Table(pairs: [
      "decision": answer.fact("decision"), "status": answer.fact("statusCode"), "code": error?.fact("code"),
      "field": error?.fact("field"), "reason": error?.fact("message"), "retry after": seconds(answer, "retry_after"),
      "run": answer.fact("run_id"), "correlation": answer.fact("correlation_id"),
      "key": answer.fact("idempotency_key"), "table": table(answer), "ds": answer.fact("ds"),
      "symbols": answer.fact("symbols"), "messages": answer.fact("messages"),
      "last start": seconds(answer, "delay_seconds").map { "within \($0)" },
    ])
    var parts = [facts.text]
    let chunks = answer.list("chunks")
    if !chunks.isEmpty {
      let columns: [Table.Column] = [.init("CHUNK", .right), .init("DELAY", .right), "SYMBOLS"]
      parts.append(Table(columns, of: chunks, keys: ["index", "delay_seconds", "symbols"]).text)
    }
    let violations = error?.list("violations") ?? []
    if violations.count > 1 {
      parts.append(Table(["CODE", "FIELD", "MESSAGE"], of: violations, keys: ["code", "field", "message"]).text)
    }
    parts += answer.list("warnings").map { "warning: \($0.cell.harmless())" }
    return parts.joined(separator: "\n")
  }

  private static func seconds(_ answer: JSON, _ key: String) -> String? {
    answer.fact(key).map { "\($0) s" }
  }

  private static func table(_ answer: JSON) -> String? {
    guard let domain = answer.fact("domain"), let table = answer.fact("table_name") else { return nil }
    return "\(domain).\(table)"
  }
}
