import Engine
import Events
import FoundationEssentials
import Schedules

/// The machine's time zone data, one TZif file a zone.
///
/// Source: IANA time zone database, as the package `tzdata` installs it.
public struct ZoneFiles: Zones {
  /// The most bytes a zone's file may have; the largest has under five thousand.
  public static let fileBytesMax = 65_536
  /// The most characters a name may have. Source: EventBridge Scheduler, `ScheduleExpressionTimezone`.
  public static let nameLengthMax = 50

  private let directory: String

  /// - Parameter directory: where the files lie, without a slash at the end.
  public init(directory: String = "/usr/share/zoneinfo") {
    self.directory = directory
  }

  /// Reads one zone.
  ///
  /// - Parameter name: as the IANA database spells it, `America/New_York`; case counts.
  /// - Throws: `ZoneError`: `nameInvalid` before any file is touched, `dataMissing` if the machine has no zones at all,
  ///   `zoneUnknown` if it has others but not this, `dataMalformed` for a file that is no zone.
  public func load(_ name: String) throws(ZoneError) -> ZoneRules {
    try check(name)
    guard isDirectory(directory) else {
      throw ZoneError(.dataMissing, "no time zone data in \(directory); install the package tzdata")
    }
    let path = "\(directory)/\(name)"
    guard FileManager.default.fileExists(atPath: path), !isDirectory(path) else {
      throw ZoneError(.zoneUnknown, "no time zone is named \(name); names are such as Europe/Berlin or UTC")
    }
    return try ZoneRules(name: name, tzif: try bytes(of: name, at: path))
  }

  /// Reads one zone, as the engine asks for it.
  public func zone(_ name: String) throws(ZoneError) -> ZoneRules { name == "UTC" ? .utc : try load(name) }

  /// The first line of `tzdata.zi` names the release; nil if the package does not bring that file.
  public var release: String? {
    let path = "\(directory)/tzdata.zi"
    guard let handle = FileManager.default.contents(atPath: path) else { return nil }
    let mark = "# version "
    let line = String(decoding: handle.prefix(64), as: UTF8.self).prefix { $0 != "\n" }
    return line.hasPrefix(mark) ? String(line.dropFirst(mark.count)) : nil
  }

  private func check(_ name: String) throws(ZoneError) {
    guard (1...ZoneFiles.nameLengthMax).contains(name.utf8.count) else {
      throw ZoneError(.nameInvalid, "a time zone's name has 1 to \(ZoneFiles.nameLengthMax) characters")
    }
    guard name.utf8.allSatisfy(ZoneFiles.isNameByte) else {
      throw ZoneError(.nameInvalid, "a time zone's name has letters, digits and _ + - / only")
    }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard !parts.contains("") else {
      throw ZoneError(.nameInvalid, "time zone \(name): a part between slashes is empty")
    }
    // What the machine's owner chose, and copies that are no zones of the database.
    guard !["localtime", "posixrules", "posix", "right"].contains(parts[0]) else {
      throw ZoneError(.zoneUnknown, "\(name) is a file of this machine, not a time zone")
    }
  }

  private func bytes(of name: String, at path: String) throws(ZoneError) -> [UInt8] {
    let data: Data
    do {
      data = try Data(contentsOf: URL(filePath: path))
    } catch {
      throw ZoneError(.dataMalformed, "time zone \(name): \(path) cannot be read: \(error)")
    }
    guard data.count <= ZoneFiles.fileBytesMax else {
      throw ZoneError(.dataMalformed, "time zone \(name): its file is larger than \(ZoneFiles.fileBytesMax) bytes")
    }
    return Array(data)
  }

  private func isDirectory(_ path: String) -> Bool {
    var isDirectory = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory
  }

  /// No point, so that no name leads out of the directory.
  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"),
      UInt8(ascii: "/"):
      true
    default: false
    }
  }
}
