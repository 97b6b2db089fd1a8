import Events
import Measures

/// The metrics in Prometheus's text format: the same numbers that CloudWatch's operations answer.
///
/// Source: Prometheus, "Exposition formats", version 0.0.4. A metric is a summary whose `_sum` and `_count` only grow, and
/// a gauge `_latest`; `AWS/Events Invocations` is `aws_events_invocations`.
public enum Exposition {
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  public static func text(_ totals: [MetricTotal]) -> String {
    var lines: [String] = []
    var family = ""
    for total in totals {
      let name = snake(total.metric.namespace) + "_" + snake(total.metric.name)
      if name != family {
        lines.append("# HELP \(name) \(total.metric.namespace) \(total.metric.name)")
        lines.append("# TYPE \(name) summary")
        family = name
      }
      let labels = total.metric.dimensions.map { "\(snake($0.name))=\"\(escaped($0.value))\"" }.joined(separator: ",")
      let sides = labels.isEmpty ? "" : "{\(labels)}"
      lines.append("\(name)_sum\(sides) \(number(total.sum))")
      lines.append("\(name)_count\(sides) \(number(total.samples))")
    }
    var gauges: [String] = []
    family = ""
    for total in totals {
      let name = snake(total.metric.namespace) + "_" + snake(total.metric.name) + "_latest"
      if name != family {
        gauges.append("# TYPE \(name) gauge")
        family = name
      }
      let labels = total.metric.dimensions.map { "\(snake($0.name))=\"\(escaped($0.value))\"" }.joined(separator: ",")
      gauges.append("\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(number(total.latest))")
    }
    return (lines + gauges).map { $0 + "\n" }.joined()
  }

  private static func number(_ value: Double) -> String { JSON(value).text }

  /// `FunctionName` as `function_name`; whatever a name may not hold becomes an underscore.
  private static func snake(_ name: String) -> String {
    var result = ""
    var wasLower = false
    for character in name {
      if character.isASCII, character.isLetter || character.isNumber {
        if character.isUppercase, wasLower { result.append("_") }
        result += character.lowercased()
        wasLower = character.isLowercase || character.isNumber
      } else {
        if !result.hasSuffix("_") { result.append("_") }
        wasLower = false
      }
    }
    return result.first?.isNumber == true ? "_" + result : result
  }

  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
