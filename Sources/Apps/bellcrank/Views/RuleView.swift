import Events

/// Rules for people.
enum RuleView {
  /// One line a rule; what it waits for comes last, for patterns are long.
  static func list(_ rules: [JSON]) -> String {
    let rows = rules.map { rule in
      [
        rule.cell("name"), rule.cell("state"), rule.list("next_fires").first?.cell ?? "-", targets(rule),
        waitsFor(rule),
      ]
    }
    return Table(["RULE", "STATE", "NEXT FIRE", "TARGETS", "WAITS FOR"], rows).text
  }

  /// Everything of one rule.
  static func one(_ rule: JSON) -> String {
    let facts = Table(pairs: [
      "rule": rule.fact("name"), "state": rule.fact("state"), "description": rule.fact("description"),
      "version": rule.fact("version"), "arn": rule.fact("arn"), "schedule": rule.fact("schedule_expression"),
      "in words": rule.fact("plain_words"), "next fires": rule.fact("next_fires"),
      "misfire": rule["schedule_expression"] == nil
        ? nil : "\(rule.cell("misfire")) within \(rule.cell("misfire_window_seconds")) s",
      "pattern": pattern(rule),
    ])
    let targets = rule.list("targets").map { target in
      [
        target.cell("Id"), target.cell("Arn"), input(target), retries(target),
        target["DeadLetterConfig"]?.cell("Arn") ?? "-",
      ]
    }
    let table = Table(["TARGET", "ARN", "INPUT", "RETRIES", "DEAD LETTERS"], targets).text
    return table.isEmpty ? facts.text : facts.text + "\n\n" + table
  }

  private static func waitsFor(_ rule: JSON) -> String {
    rule.fact("plain_words") ?? rule.fact("schedule_expression") ?? pattern(rule) ?? "-"
  }

  /// The pattern on one line; as it is stored if it cannot be read.
  private static func pattern(_ rule: JSON) -> String? {
    rule.fact("event_pattern").map { text in
      do {
        return try JSON(parsing: text).text
      } catch {
        return text
      }
    }
  }

  /// The last parts of the targets' ARNs: the functions' and queues' names.
  private static func targets(_ rule: JSON) -> String {
    let names = rule.list("targets").map { target in
      let arn = target.cell("Arn")
      return ResourceName(arn)?.name ?? arn
    }
    return names.isEmpty ? "-" : names.joined(separator: ", ")
  }

  private static func input(_ target: JSON) -> String {
    if target["InputTransformer"] != nil { return "transformer" }
    if let path = target.fact("InputPath") { return path }
    return target["Input"] == nil ? "the event" : "constant"
  }

  private static func retries(_ target: JSON) -> String {
    target["RetryPolicy"]?.cell("MaximumRetryAttempts") ?? "-"
  }
}
