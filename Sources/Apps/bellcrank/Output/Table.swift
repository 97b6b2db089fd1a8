/// Rows in aligned columns, two blanks apart and without any colour.
struct Table: Sendable {
  /// On which side of a column its cells stand.
  enum Side: Sendable {
    case left, right
  }

  /// One column.
  struct Column: Sendable, ExpressibleByStringLiteral {
    let title: String
    let side: Side

    init(_ title: String, _ side: Side = .left) {
      self.title = title
      self.side = side
    }

    init(stringLiteral title: String) {
      self.init(title)
    }
  }

  let columns: [Column]
  /// As many cells a row as there are columns.
  let rows: [[String]]

  init(_ columns: [Column], _ rows: [[String]]) {
    precondition(rows.allSatisfy { $0.count == columns.count }, "a row has a cell for each column")
    self.columns = columns
    self.rows = rows.map { $0.map { $0.harmless() } }
  }

  /// Names and values side by side, without titles; pairs without a value are left out.
  init(pairs: KeyValuePairs<String, String?>) {
    self.init(["", ""], pairs.compactMap { name, value in value.map { [name, $0] } })
  }

  /// The lines, joined; empty if there are no rows.
  var text: String {
    guard !rows.isEmpty else { return "" }
    let titles = columns.map(\.title)
    let lines = titles.allSatisfy(\.isEmpty) ? rows : [titles] + rows
    let widths = columns.indices.map { place in lines.map { $0[place].displayWidth }.max() ?? 0 }
    return lines.map { line($0, widths) }.joined(separator: "\n")
  }

  /// The lines moved to the right, below a heading.
  func text(under heading: String) -> String {
    heading + "\n" + text.indented
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var line = ""
    for (place, cell) in cells.enumerated() {
      let gap = String(repeating: " ", count: widths[place] - cell.displayWidth)
      switch columns[place].side {
      case .left: line += cell + gap
      case .right: line += gap + cell
      }
      if place + 1 < cells.count { line += "  " }
    }
    return String(line.reversed().drop { $0 == " " }.reversed())
  }
}

extension String {
  /// Every line moved two blanks to the right.
  var indented: String {
    split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "  \($0)" }
      .joined(separator: "\n")
  }
}
