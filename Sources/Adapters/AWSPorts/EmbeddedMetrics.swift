import Engine
import Events
import Measures
import Telemetry

/// Where lines of metrics go. Adapter: `LambdaPorts.StandardOutputLog`.
public protocol MetricLines: Sendable {
  /// One object on a line of its own.
  func writeRaw(_ object: JSON)
}

/// Decisions as metrics in embedded metric format: CloudWatch reads them off the log, no call is made (§6, D24).
///
/// Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".
public struct EmbeddedMetrics: Sendable {
  private let lines: any MetricLines

  public init(_ lines: any MetricLines) {
    self.lines = lines
  }

  /// Writes what the row counts as; nothing while it is open.
  func write(_ entry: LedgerEntry) {
    guard entry.decision.isTerminal else { return }
    lines.writeRaw(EmbeddedMetrics.line(LedgerMetrics.triggers(entry), at: entry.at))
  }

  /// One line for samples of one namespace; dimensions of the same name have the same value.
  static func line(_ samples: [Sample], at moment: Timestamp) -> JSON {
    let directives = samples.map { sample -> JSON in
      [
        "Namespace": .string(sample.metric.namespace),
        "Dimensions": [JSON(sample.metric.dimensions.map(\.name))],
        "Metrics": [["Name": .string(sample.metric.name), "Unit": .string(sample.unit.rawValue)]],
      ]
    }
    var line: JSON = [
      "_aws": ["Timestamp": JSON(Int(moment.milliseconds)), "CloudWatchMetrics": .array(directives)]
    ]
    for sample in samples {
      for dimension in sample.metric.dimensions { line.set(dimension.name, .string(dimension.value)) }
      line.set(sample.metric.name, JSON(sample.value))
    }
    return line
  }
}
