import Events
import Foundation
import Schedules
import SystemPorts
import Testing

@Suite struct ZoneFilesTests {
  @Test func `the machine's zones are read`() throws {
    let zone = try ZoneFiles().load("America/New_York")
    #expect(zone.name == "America/New_York")
    #expect(zone.offset(at: try #require(Timestamp("2026-07-01T00:00:00Z"))) == (-14_400, "EDT"))
    for name in ["UTC", "Etc/GMT+5", "Etc/GMT-14", "EST5EDT", "America/Argentina/Buenos_Aires", "Asia/Seoul"] {
      #expect(try ZoneFiles().load(name).name == name)
    }
  }

  @Test(arguments: [
    "", "/etc/passwd", "Europe/", "Europe//Berlin", "../etc/passwd", "Europe/../UTC", "Europe/Berlin.tab", "zone.tab",
    "Europe Berlin", "Europe\\Berlin", "Zürich", "UTC\0", "UTC\n", String(repeating: "A", count: 51),
  ])
  func `a name that no zone has is refused before any file is touched`(_ name: String) {
    let error = #expect(throws: ZoneError.self) { try ZoneFiles(directory: "/nowhere").load(name) }
    #expect(error?.code == .nameInvalid)
  }

  @Test(arguments: [
    "Mars/Olympus", "Europe", "utc/x", "localtime", "posixrules", "posix/UTC", "right/UTC",
  ])
  func `an unknown zone is said to be unknown`(_ name: String) {
    let error = #expect(throws: ZoneError.self) { try ZoneFiles().load(name) }
    #expect(error?.code == .zoneUnknown)
  }

  @Test func `a machine without zones is told which package to install`() {
    let error = #expect(throws: ZoneError.self) { try ZoneFiles(directory: "/nowhere").load("UTC") }
    #expect(error?.code == .dataMissing)
    #expect(error?.reason == "no time zone data in /nowhere; install the package tzdata")
  }

  @Test func `a file that is no zone is refused`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "zone-files-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
    try Data("not a zone".utf8).write(to: folder.appending(path: "Text"))
    try Data(repeating: 0, count: ZoneFiles.fileBytesMax + 1).write(to: folder.appending(path: "Large"))
    for name in ["Text", "Large"] {
      let error = #expect(throws: ZoneError.self) { try ZoneFiles(directory: folder.path).load(name) }
      #expect(error?.code == .dataMalformed)
    }
  }
}
