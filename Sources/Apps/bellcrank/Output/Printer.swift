import Events

/// Where a command's words go: data to one side, talk to the other.
protocol Printer: Sendable {
  /// Writes data as it is.
  func data(_ bytes: [UInt8]) throws(CommandFailure)
  /// Writes a line of talk.
  func talk(_ line: String) throws(CommandFailure)
  /// Shows how far something has come in place of what it showed before; nil takes that away. Off a terminal nothing is
  /// shown.
  func progress(_ line: String?) throws(CommandFailure)
}

extension Printer {
  /// Writes a text and the end of its line.
  func line(_ text: String) throws(CommandFailure) {
    try data(Array(text.utf8) + [UInt8(ascii: "\n")])
  }

  /// Writes a report in the form that was asked for.
  func show(_ report: Report, as format: OutputFormat) throws(CommandFailure) {
    switch format {
    case .table:
      if !report.text.isEmpty { try line(report.text) }
    case .json: try line(report.document.prettyText)
    case .jsonl:
      for row in report.rows { try line(row.text) }
    }
  }
}

/// Something to show, in each form that it may be asked for.
struct Report: Sendable {
  /// For people; nothing is printed if it is empty.
  let text: String
  /// The whole, as one document.
  let document: JSON
  /// The same, one value a line.
  let rows: [JSON]

  /// - Parameter rows: nil if the document is the only row.
  init(_ text: String, document: JSON, rows: [JSON]? = nil) {
    self.text = text
    self.document = document
    self.rows = rows ?? [document]
  }
}
