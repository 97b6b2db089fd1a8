import Events

extension ZoneRules {
  /// Reads a zone's data as `zic` compiles them.
  ///
  /// - Parameters:
  ///   - name: of the zone, kept as it is.
  ///   - tzif: version 1 to 4; before the first change the first kind of time holds, after the last the footer.
  /// - Throws: `ZoneError` with `dataMalformed`, also for data that count leap seconds, which POSIX time does not.
  ///   Source: RFC 8536 §3.
  public init(name: String, tzif: [UInt8]) throws(ZoneError) {
    do throws(ZoneDataFlaw) {
      let block = try TZifBlock(tzif)
      let footer: ZoneFooterText? =
        if let text = block.footer { try ZoneFooterText(text) } else { nil }
      self.init(name: name, block: block, footer: footer)
    } catch {
      throw ZoneError(.dataMalformed, "time zone \(name): \(error.what)")
    }
  }

  private init(name: String, block: TZifBlock, footer text: ZoneFooterText?) {
    var kinds = block.kinds
    var starts = [Int64.min] + block.changes.map(\.instant)
    var startKinds = [0] + block.changes.map(\.kind)
    guard let text else {
      self.init(name: name, kinds: kinds, starts: starts, startKinds: startKinds, footer: nil)
      return
    }
    func index(of kind: Kind) -> Int {
      if let known = kinds.firstIndex(of: kind) { return known }
      kinds.append(kind)
      return kinds.count - 1
    }
    let standard = index(of: text.standard)
    guard let rule = text.summer else {
      if block.changes.isEmpty { startKinds[0] = standard }
      self.init(name: name, kinds: kinds, starts: starts, startKinds: startKinds, footer: nil)
      return
    }
    let footer = ZoneFooter(
      standard: standard, standardOffset: text.standard.offset,
      summer: index(of: rule.kind), summerOffset: rule.kind.offset,
      toSummer: rule.toSummer, toStandard: rule.toStandard)
    let listed = block.changes.last?.instant
    let firstYear = listed.map { CivilTime(secondsAsUTC: $0).year } ?? ZoneRules.footerYearMin
    let written = footer.changes(in: firstYear...max(firstYear, ZoneRules.yearMax + 1))
    for change in written.dropLast() where starts[starts.count - 1] < change.instant {
      starts.append(change.instant)
      startKinds.append(change.kind)
    }
    self.init(name: name, kinds: kinds, starts: starts, startKinds: startKinds, footer: footer)
  }

  /// Where a footer without any listed change begins to be followed.
  private static let footerYearMin = 1900
}

/// What is wrong with a zone's data.
struct ZoneDataFlaw: Error {
  let what: String

  init(_ what: String) {
    self.what = what
  }
}

/// The part of TZif data that counts: the second block of version 2 and later, else the first.
private struct TZifBlock {
  private(set) var kinds: [ZoneRules.Kind] = []
  private(set) var changes: [(instant: Int64, kind: Int)] = []
  private(set) var footer: ArraySlice<UInt8>?

  private static let headerLength = 44

  init(_ bytes: [UInt8]) throws(ZoneDataFlaw) {
    let first = try Header(bytes[...])
    guard first.version > 0 else {
      try read(bytes[...].dropFirst(TZifBlock.headerLength), first, timeWidth: 4)
      return
    }
    let rest = bytes.dropFirst(TZifBlock.headerLength + first.length(timeWidth: 4))
    let second = try Header(rest)
    try read(rest.dropFirst(TZifBlock.headerLength), second, timeWidth: 8)
    let tail = rest.dropFirst(TZifBlock.headerLength + second.length(timeWidth: 8))
    guard tail.count >= 2, tail.first == newline, let end = tail.dropFirst().firstIndex(of: newline) else {
      throw ZoneDataFlaw("the footer is cut off")
    }
    let text = tail[(tail.startIndex + 1)..<end]
    footer = text.isEmpty ? nil : text
  }

  private mutating func read(
    _ body: ArraySlice<UInt8>, _ header: Header, timeWidth: Int
  ) throws(ZoneDataFlaw) {
    guard body.count >= header.length(timeWidth: timeWidth) else { throw ZoneDataFlaw("the data are cut off") }
    guard header.kinds > 0, header.letters > 0 else { throw ZoneDataFlaw("no kind of local time") }
    guard header.leaps == 0 else { throw ZoneDataFlaw("the data count leap seconds; use a zone that does not") }
    let times = body.prefix(header.changes * timeWidth)
    let indexes = body.dropFirst(times.count).prefix(header.changes)
    let records = body.dropFirst(times.count + indexes.count).prefix(header.kinds * 6)
    let letters = body.dropFirst(times.count + indexes.count + records.count).prefix(header.letters)
    for number in 0..<header.kinds {
      kinds.append(try TZifBlock.kind(records.dropFirst(number * 6).prefix(6), letters))
    }
    for (number, kind) in indexes.enumerated() {
      let instant = signed(times.dropFirst(number * timeWidth).prefix(timeWidth))
      guard kind < kinds.count else { throw ZoneDataFlaw("change \(number) leads to kind \(kind), which is not there") }
      guard changes.last.map({ $0.instant < instant }) ?? (instant > Int64.min) else {
        throw ZoneDataFlaw("change \(number) is not after the one before")
      }
      changes.append((instant: instant, kind: Int(kind)))
    }
  }

  private static func kind(
    _ record: ArraySlice<UInt8>, _ letters: ArraySlice<UInt8>
  ) throws(ZoneDataFlaw) -> ZoneRules.Kind {
    let offset = signed(record.prefix(4))
    guard abs(offset) < ZoneRules.offsetMax else { throw ZoneDataFlaw("an offset of \(offset) seconds") }
    let start = Int(record[record.startIndex + 5])
    let rest = letters.dropFirst(start)
    guard let end = rest.firstIndex(of: 0) else { throw ZoneDataFlaw("abbreviation \(start) has no end") }
    return ZoneRules.Kind(offset: offset, abbreviation: String(decoding: rest[..<end], as: UTF8.self))
  }

  private struct Header {
    let version: UInt8
    let utcMarks, standardMarks, leaps, changes, kinds, letters: Int

    init(_ bytes: ArraySlice<UInt8>) throws(ZoneDataFlaw) {
      guard bytes.count >= TZifBlock.headerLength, bytes.starts(with: "TZif".utf8) else {
        throw ZoneDataFlaw("no TZif data")
      }
      version = bytes[bytes.startIndex + 4]
      let counts = (0..<6).map { Int(signed(bytes.dropFirst(20 + $0 * 4).prefix(4))) }
      guard counts.allSatisfy({ (0...TZifBlock.countMax).contains($0) }) else {
        throw ZoneDataFlaw("counts beyond \(TZifBlock.countMax)")
      }
      (utcMarks, standardMarks, leaps) = (counts[0], counts[1], counts[2])
      (changes, kinds, letters) = (counts[3], counts[4], counts[5])
    }

    func length(timeWidth: Int) -> Int {
      changes * (timeWidth + 1) + kinds * 6 + letters + leaps * (timeWidth + 4) + standardMarks + utcMarks
    }
  }

  /// The most entries of any one sort; the largest zone has about three hundred.
  private static let countMax = 10_000
}

private let newline = UInt8(ascii: "\n")

/// A big-endian two's complement number of four or eight bytes.
private func signed(_ bytes: ArraySlice<UInt8>) -> Int64 {
  let bits = bytes.reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
  return bytes.count == 4 ? Int64(Int32(truncatingIfNeeded: bits)) : Int64(bitPattern: bits)
}
