import AWSWire
import Engine
import Events

/// S3 on the wire: the object store.
struct S3Service: Sendable {
  /// Index rows that one step of a listing reads.
  static let batchMax = 1_000

  private let context: ServiceContext

  init(_ context: ServiceContext) {
    self.context = context
  }

  func answer(_ operation: S3Operation) async throws -> S3Answer {
    switch operation {
    case .putObject(let input): return try await put(input)
    case .getObject(let input): return .getObject(try await read(input, withBody: true))
    case .headObject(let input): return .headObject(try await read(input, withBody: false))
    case .deleteObject(let bucket, let key):
      try await check(bucket)
      _ = try await context.runtime.objects.remove(bucket: bucket, key: key)
      return .deleteObject
    case .listObjectsV2(let input): return .listObjectsV2(input, try await list(input))
    case .createBucket(let bucket, _):
      guard try await context.ports.index.createBucket(bucket, at: context.now) else {
        // us-east-1 answers an owner's second CreateBucket with success; the other regions with this error.
        if context.names.region == "us-east-1" { return .createBucket(bucket) }
        throw WireError(
          .bucketAlreadyOwnedByYou,
          "Your previous request to create the named bucket succeeded and you already own it.",
          details: [.init("BucketName", bucket)])
      }
      return .createBucket(bucket)
    case .headBucket(let bucket):
      try await check(bucket)
      return .headBucket(region: context.names.region)
    case .listBuckets(let prefix):
      let buckets = try await context.ports.index.buckets().filter { $0.name.hasPrefix(prefix ?? "") }
      return .listBuckets(
        buckets.map { .init(name: $0.name, creationDate: $0.createdAt) }, owner: context.names.account)
    }
  }

  private func check(_ bucket: String) async throws {
    guard try await context.ports.index.buckets().contains(where: { $0.name == bucket }) else {
      throw WireError.noSuchBucket(bucket)
    }
  }

  private func put(_ input: PutObjectInput) async throws -> S3Answer {
    if let digest = input.contentMD5, digest != context.md5(input.body) {
      throw WireError(.badDigest, "The Content-MD5 you specified did not match what we received.")
    }
    if let tag = input.ifMatch {
      let entry = try await context.runtime.objects.entry(bucket: input.bucket, key: input.key)
      guard let entry else { throw WireError.noSuchKey(input.key) }
      guard tag == "*" || tag == "\"\(entry.etag)\"" || tag == entry.etag else { throw S3Service.unmet("If-Match") }
    }
    let draft = ObjectStore.Draft(
      bucket: input.bucket, key: input.key, body: input.body, contentType: input.contentType ?? "binary/octet-stream",
      metadata: input.metadata, runID: nil, parentID: nil, hops: 0)
    switch try await context.runtime.objects.put(draft, onlyIfAbsent: input.ifNoneMatch) {
    case .stored(let entry): return .putObject(etag: "\"\(entry.etag)\"", checksum: input.checksum)
    case .exists: throw S3Service.unmet("If-None-Match")
    case .noBucket: throw WireError.noSuchBucket(input.bucket)
    }
  }

  private static func unmet(_ condition: String) -> WireError {
    WireError(
      .preconditionFailed, "At least one of the pre-conditions you specified did not hold",
      details: [.init("Condition", condition)])
  }

  private func read(_ input: S3Operation.ReadObjectInput, withBody: Bool) async throws -> S3Answer.StoredObject {
    guard let entry = try await context.runtime.objects.entry(bucket: input.bucket, key: input.key) else {
      try await check(input.bucket)
      throw WireError.noSuchKey(input.key)
    }
    let tag = "\"\(entry.etag)\""
    if let wanted = input.ifMatch, wanted != "*", wanted != tag, wanted != entry.etag {
      throw S3Service.unmet("If-Match")
    }
    if let known = input.ifNoneMatch, known == "*" || known == tag || known == entry.etag {
      throw WireError(.notModified, "Not Modified")
    }
    let part = try input.range.flatMap { try S3Service.part($0, of: entry.size) }
    let needsBody = withBody || (input.wantsChecksum && part == nil)
    let whole = needsBody ? try await context.runtime.objects.body(of: entry) : []
    return .init(
      body: part.map { Array(whole[$0]) } ?? whole, sizeBytes: entry.size, part: part, etag: tag,
      lastModified: entry.modifiedAt, contentType: entry.contentType, metadata: entry.metadata,
      checksum: input.wantsChecksum && part == nil ? Checksum(.crc32, of: whole) : nil)
  }

  /// The bytes that a range asks for; nil for all of them.
  private static func part(_ range: ByteRange, of size: Int) throws(WireError) -> Range<Int>? {
    switch range {
    case .from(let first, let through):
      guard first < size else {
        throw WireError(.invalidRange, "The requested range is not satisfiable")
      }
      return first..<min(size, (through ?? size - 1) + 1)
    case .last(let count):
      guard count > 0, size > 0 else { throw WireError(.invalidRange, "The requested range is not satisfiable") }
      return max(0, size - count)..<size
    }
  }

  /// Reads the index on until the page is full; a long common prefix is skipped by reading on, never held.
  private func list(_ input: ListObjectsInput) async throws -> ObjectListing {
    try await check(input.bucket)
    var objects: [ObjectSummary] = []
    var marker =
      switch input.position {
      case .after(let key): key
      case .past(let prefix): prefix + "\u{10FFFF}"
      case nil: ""
      }
    while true {
      let batch = try await context.ports.index.entries(
        bucket: input.bucket, prefix: input.prefix, after: marker, limit: S3Service.batchMax)
      objects += batch.map {
        ObjectSummary(key: $0.key, sizeBytes: $0.size, etag: "\"\($0.etag)\"", lastModified: $0.modifiedAt)
      }
      let listing = ObjectListing(of: objects, for: input)
      guard batch.count == S3Service.batchMax, listing.nextContinuationToken == nil, let last = batch.last else {
        return listing
      }
      marker = last.key
    }
  }
}
