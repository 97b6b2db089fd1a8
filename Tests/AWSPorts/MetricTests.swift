import AWSPorts
import Engine
import Events
import Telemetry
import Testing

/// Metrics that CloudWatch reads off the log (§6, D24).
///
/// Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".
@Suite struct MetricTests {
  @Test func `a decision is one line, as the specification wants it`() async throws {
    let cloud = try Cloud()
    _ = try await cloud.store().close(MetricTests.row(.rejected), deadLetter: nil)
    let expected = #"""
      {"_aws":{"Timestamp":1757455200000,"CloudWatchMetrics":[
      {"Namespace":"Extract/Triggers","Dimensions":[["Domain","Status","TriggerType"]],
      "Metrics":[{"Name":"TriggerExecution","Unit":"Count"}]},
      {"Namespace":"Extract/Triggers","Dimensions":[["Decision"]],"Metrics":[{"Name":"Decisions","Unit":"Count"}]},
      {"Namespace":"Extract/Triggers","Dimensions":[["TriggerType"]],
      "Metrics":[{"Name":"DecisionTime","Unit":"Milliseconds"}]}]},
      "Domain":"market","Status":"rejected","TriggerType":"manual","TriggerExecution":1,
      "Decision":"rejected","Decisions":1,"DecisionTime":3}
      """#
    #expect(cloud.metrics.all == [try JSON(parsing: Array(expected.utf8))])
  }

  @Test(arguments: Decision.allCases)
  func `every line keeps to the specification, and an open row has none`(_ decision: Decision) async throws {
    let cloud = try Cloud()
    _ = try await cloud.store().close(MetricTests.row(decision), deadLetter: nil)
    guard decision.isTerminal else {
      #expect(cloud.metrics.all.isEmpty)
      return
    }
    let line = try #require(cloud.metrics.all.first)
    #expect(cloud.metrics.all.count == 1)
    let metadata = try #require(line["_aws"])
    #expect(metadata.members?.map(\.key) == ["Timestamp", "CloudWatchMetrics"])
    #expect(metadata["Timestamp"]?.int == Int(Cloud.start.milliseconds))
    for directive in try #require(metadata["CloudWatchMetrics"]?.elements) {
      #expect(directive.members?.map(\.key) == ["Namespace", "Dimensions", "Metrics"])
      #expect(directive["Namespace"]?.string?.hasPrefix("AWS/") == false)
      let sets = try #require(directive["Dimensions"]?.elements)
      #expect(!sets.isEmpty)
      for set in sets {
        let names = try #require(set.elements)
        #expect(names.count <= 30)
        // Each dimension's value stands at the root: a text of 1 to 1,024 characters.
        for name in names { #expect((1...1_024).contains(line[name.string ?? ""]?.string?.count ?? 0), "\(name)") }
      }
      let metrics = try #require(directive["Metrics"]?.elements)
      #expect((1...100).contains(metrics.count))
      for metric in metrics {
        #expect(["Count", "Milliseconds"].contains(metric["Unit"]?.string))
        #expect(line[metric["Name"]?.string ?? ""]?.double != nil)
      }
    }
  }

  private static func row(_ decision: Decision) -> LedgerEntry {
    var about = LedgerEntry.Subject(triggerType: "manual")
    about.domain = "market"
    return LedgerEntry(
      causeID: "one", decision: decision, gate: .structure, code: .malformedEvent, summary: "no JSON", at: Cloud.start,
      took: Span(milliseconds: 3), about: about)
  }
}
