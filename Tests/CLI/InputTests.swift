import Events
import Foundation
import Testing

@testable import bellcrank

@Suite struct InputTests {
  @Test(arguments: try Vectors.load("cli-assignments"))
  func `set puts a value in its place, or says that it cannot`(_ row: Vectors.Row) throws {
    let texts = try #require(row["sets"]?.elements).compactMap(\.string)
    let assignments = texts.compactMap { Assignment(argument: $0) }
    guard assignments.count == texts.count else {
      #expect(row["result"] == .null)
      return
    }
    do throws(CommandFailure) {
      var payload = row["payload"] ?? .null
      for assignment in assignments { payload = try assignment.applied(to: payload) }
      #expect(payload == row["result"])
    } catch {
      #expect(error.status == .invalidInput)
      #expect(row["result"] == .null, "\(error.message)")
    }
  }

  @Test func `lines are whole wherever the pieces of the file end`() throws {
    for length in [0, 1, InputFile.pieceBytesMax - 2, InputFile.pieceBytesMax - 1, InputFile.pieceBytesMax, 200_000] {
      let long = String(repeating: "x", count: length)
      #expect(try lines(of: "\(long)\n\n\(long)") == [long, ""] + (length == 0 ? [] : [long]), "\(length)")
      #expect(try lines(of: "\(long)\n") == [long], "\(length)")
    }
    #expect(try lines(of: "") == [])
  }

  @Test func `a line that is too long is one line and hides none of the others`() throws {
    let file = try TemporaryFile("a\n" + String(repeating: "x", count: InputLines.lineBytesMax + 1) + "\nb")
    var lines = try InputLines(file.path)
    var read: [InputLines.Line] = []
    while let batch = try lines.next() { read += batch }
    #expect(read == [.bytes(Array("a".utf8)), .tooLong, .bytes(Array("b".utf8))])
  }

  @Test func `a file that is not there or no text is named`() throws {
    #expect(throws: CommandFailure(.invalidInput, "/no/such/file: No such file or directory")) {
      try GivenText.content(of: "/no/such/file")
    }
    let file = try TemporaryFile([0xFF, 0xFE])
    #expect(throws: CommandFailure(.invalidInput, "\(file.path) is not UTF-8")) {
      try GivenText(argument: "@\(file.path)").text()
    }
  }

  @Test func `spans and instants are read as people write them`() {
    #expect(Span(argument: "30m") == .minutes(30))
    #expect(Span(argument: "1d") == .days(1))
    for text in ["", "m", "30", "-1m", "0s", "1.5h", "367d", "9999999d", "30 m"] {
      #expect(Span(argument: text) == nil, "\(text)")
    }
    #expect(Timestamp(argument: "2025-09-09") == Timestamp("2025-09-09T00:00:00Z"))
    #expect(Timestamp(argument: "2025-09-09T07:00:00+09:00") == Timestamp("2025-09-08T22:00:00Z"))
    #expect(Timestamp(argument: "yesterday") == nil)
  }

  private func lines(of text: String) throws -> [String] {
    let file = try TemporaryFile(text)
    var lines = try InputLines(file.path)
    var read: [String] = []
    while let batch = try lines.next() {
      for line in batch {
        guard case .bytes(let bytes) = line else { continue }
        read.append(String(decoding: bytes, as: UTF8.self))
      }
    }
    return read
  }
}
