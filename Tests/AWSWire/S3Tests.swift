import AWSWire
import Events
import Testing

struct S3Tests {
  @Test(arguments: try Row.load("wire-s3-paths"))
  func `a path names a bucket and a key, or is refused`(_ row: Row) throws {
    let request = WireRequest(method: try row.text("method"), path: try row.text("path"), query: try row.text("query"))
    if let code = row.json["code"]?.string {
      #expect(try request.refusal().code.rawValue == code)
      return
    }
    let operation = try request.decoded()
    #expect(try operation.name == row.text("operation"))
    if let key = row.json["key"]?.string, case .s3(.getObject(let input)) = operation {
      #expect(Array(input.key.utf8) == Array(key.utf8))
    }
  }

  @Test func `a body in chunks is joined and its trailing checksum verified`() throws {
    let crc = Checksum(.crc32, of: Array("hello world".utf8)).base64
    let body: (String) -> [UInt8] = { crc in
      Array("6;chunk-signature=ab\r\nhello \r\n5\r\nworld\r\n0\r\nx-amz-checksum-crc32:\(crc)\r\n\r\n".utf8)
    }
    let input = try put(body(crc), ["x-amz-decoded-content-length": "11", "content-encoding": "aws-chunked,gzip"])
    #expect(String(decoding: input.body, as: UTF8.self) == "hello world")
    #expect(input.contentEncoding == "gzip")
    #expect(input.checksum?.base64 == crc)
    let spoilt = try #require(throws: WireError.self) { _ = try put(body("AAAAAA=="), [:]) }
    #expect(spoilt.code == .badDigest)
  }

  @Test(arguments: ["", "5\r\nhell", "zz\r\n", "-5\r\nhello\r\n0\r\n", "5\r\nhelloo\r\n0\r\n", "FFFFFFFFFFFFFFFFF\r\n"])
  func `a body that is cut is incomplete`(_ body: String) throws {
    let error = try #require(throws: WireError.self) { _ = try put(Array(body.utf8), [:]) }
    #expect(error.code == .incompleteBody)
  }

  private func put(_ body: [UInt8], _ headers: [String: String]) throws -> PutObjectInput {
    let all = headers.merging(["x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"]) { $1 }
    let request = WireRequest(method: "PUT", path: "/bucket/k", headers: all, body: body)
    guard case .s3(.putObject(let input)) = try request.decoded() else { throw Unexpected() }
    return input
  }

  @Test func `checksums have the check values of their definitions`() {
    let digits = Array("123456789".utf8)
    #expect(Checksum.Algorithm.crc32.value(of: digits).hexadecimal == "cbf43926")
    #expect(Checksum.Algorithm.crc32c.value(of: digits).hexadecimal == "e3069283")
    #expect(Checksum.Algorithm.crc64nvme.value(of: digits).hexadecimal == "ae8b14860a799888")
  }

  @Test(arguments: [
    ("bytes=0-4", 10, 0..<5), ("bytes=5-", 10, 5..<10), ("bytes=-3", 10, 7..<10), ("bytes=8-99", 10, 8..<10),
    ("bytes=10-", 10, nil), ("bytes=-0", 10, nil), ("bytes=0-", 0, nil),
    ("bytes=0-9223372036854775807", 3, 0..<3),
  ])
  func `a range is a part of the object`(_ header: String, _ size: Int, _ bounds: Range<Int>?) throws {
    let request = WireRequest(method: "GET", path: "/bucket/k", headers: ["range": header])
    guard case .s3(.getObject(let input)) = try request.decoded() else { throw Unexpected() }
    #expect(try #require(input.range).bounds(size: size) == bounds)
  }

  @Test(arguments: ["bytes=5-2", "bytes=a-b", "bytes=0-1,3-4", "bytes=-", "lines=1-2", "bytes=--1"])
  func `what is no range is ignored`(_ header: String) throws {
    let request = WireRequest(method: "GET", path: "/bucket/k", headers: ["range": header])
    guard case .s3(.getObject(let input)) = try request.decoded() else { throw Unexpected() }
    #expect(input.range == nil)
  }

  @Test func `pages of a listing join to the whole, whatever their size`() throws {
    let keys = ["a", "a+b", "d/1", "d/2", "d/e/3", "e//", "e/é", "f", "g/1", "h"]
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    for delimiter in ["", "&delimiter=%2F"] {
      let whole = try pages(of: keys, "max-keys=1000\(delimiter)")
      try #require(whole.count == 1)
      for size in 1...keys.count {
        let parts = try pages(of: keys, "max-keys=\(size)\(delimiter)")
        #expect(parts.flatMap { $0 } == whole[0], "pages of \(size)\(delimiter)")
        #expect(parts.dropLast().allSatisfy { $0.count == size }, "pages of \(size)\(delimiter)")
      }
    }
  }

  @Test func `a prefix, a delimiter and a start narrow a listing`() throws {
    let keys = ["p/a/1", "p/a/2", "p/b", "p/c/1", "q"]
    #expect(try pages(of: keys, "prefix=p%2F&delimiter=%2F") == [["p/a/", "p/b", "p/c/"]])
    #expect(try pages(of: keys, "prefix=p%2F&start-after=p%2Fa%2F1") == [["p/a/2", "p/b", "p/c/1"]])
    #expect(try pages(of: keys, "max-keys=0") == [[]])
  }

  /// Follows the tokens to the end; each page's keys and prefixes in order.
  private func pages(of keys: [String], _ query: String) throws -> [[String]] {
    let objects = keys.map { ObjectSummary(key: $0, sizeBytes: 1, etag: "\"e\"", lastModified: .epoch) }
    var pages: [[String]] = []
    var token: String?
    repeat {
      let more = token.map { "&continuation-token=" + $0.replacing("+", with: "%2B") } ?? ""
      let request = WireRequest(method: "GET", path: "/bucket", query: "list-type=2&\(query)\(more)")
      guard case .s3(.listObjectsV2(let input)) = try request.decoded() else { throw Unexpected() }
      let listing = ObjectListing(of: objects, for: input)
      let names = listing.contents.map(\.key) + listing.commonPrefixes
      pages.append(names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
      token = listing.nextContinuationToken
    } while token != nil && pages.count <= keys.count
    return pages
  }
}
