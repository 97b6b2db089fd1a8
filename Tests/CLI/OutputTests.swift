import Events
import Testing

@testable import bellcrank

@Suite struct OutputTests {
  @Test(arguments: try Vectors.load("cli-widths"))
  func `a text takes the columns that a terminal gives it`(_ row: Vectors.Row) {
    #expect(row.text("text").displayWidth == row["columns"]?.int)
  }

  @Test func `columns line up under wide characters and numbers stand right`() {
    let table = Table(["NAME", .init("ROWS", .right), "NOTE"], [["삼성전자", "7", "a"], ["AAPL", "1234", ""]])
    #expect(
      table.text == """
        NAME      ROWS  NOTE
        삼성전자     7  a
        AAPL      1234
        """)
  }

  @Test func `a table without rows is empty, also without its titles`() {
    #expect(Table(["A"], []).text.isEmpty)
  }

  @Test func `data cannot steer the terminal`() {
    #expect(Table(["A"], [["\u{1B}[31mred\nnext\u{202E}\t"]]).text == "A\n\\u{1b}[31mred\\nnext\\u{202e}\\t")
    #expect("two\nlines\u{7}".harmless(keepingLines: true) == "two\nlines\\u{7}")
  }

  @Test func `each form prints the same report its own way`() throws {
    let report = Report("T", document: ["rows": [1, 2]], rows: [1, 2])
    let expected: [(OutputFormat, String)] = [
      (.table, "T\n"), (.json, "{\n  \"rows\": [\n    1,\n    2\n  ]\n}\n"), (.jsonl, "1\n2\n"),
    ]
    for (format, text) in expected {
      let printer = RecordedPrinter()
      try printer.show(report, as: format)
      #expect(printer.text == text)
    }
  }
}
