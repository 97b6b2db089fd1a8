import Events

extension SigV4 {
  /// How the body of an S3 request is bound to its signature, as `x-amz-content-sha256` says.
  public enum Payload: String, Sendable, CaseIterable {
    /// Not at all.
    case unsigned = "UNSIGNED-PAYLOAD"
    /// Not at all, in chunks and with a trailer.
    case unsignedChunks = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    /// Each chunk is signed, with the signature before it.
    case signedChunks = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    /// So is the trailer.
    case signedChunksAndTrailer = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
  }

  /// Whether the secret signed every chunk of a body, beginning with this signature, which must be true itself.
  ///
  /// Source: AWS, "Signature calculations for the Authorization header: transferring payload in multiple chunks", and
  /// the page on trailing headers.
  public func areTrue(
    chunks body: [UInt8], _ payload: Payload, secret: String, _ digests: Digests
  ) -> Bool {
    guard payload == .signedChunks || payload == .signedChunksAndTrailer else { return true }
    let content: ChunkedBody
    do { content = try ChunkedBody(body, length: nil) } catch { return false }
    let key = signingKey(secret, digests)
    let empty = digests.sha256([])
    var previous = signature
    func isTrue(_ given: String?, _ kind: String, _ hashes: [String]) -> Bool {
      let text = ["\(SigV4.algorithm)-\(kind)", SigV4.text(signedAt), scope, previous] + hashes
      let expected = digests.hmac(Array(text.joined(separator: "\n").utf8), key)
      previous = expected
      return SigV4.isSame(expected, given ?? "")
    }
    for chunk in content.chunks {
      let hash = digests.sha256(Array(content.bytes[chunk.range]))
      guard isTrue(chunk.signature, "PAYLOAD", [empty, hash]) else { return false }
    }
    guard payload == .signedChunksAndTrailer else { return content.trailerFields.isEmpty }
    let mark = "x-amz-trailer-signature"
    let lines = content.trailerFields.filter { $0.name != mark }.map { "\($0.name):\($0.value)\n" }.joined()
    return isTrue(content.trailers[mark], "TRAILER", [digests.sha256(Array(lines.utf8))])
  }
}
