import AWSPorts
import AWSWire
import CryptoPorts
import Events
import Synchronization

/// Signs requests by Signature Version 4; the keys of a day are kept.
public final class RequestSigner: Sendable {
  private struct Held {
    let secret: String
    let key: SigV4.Key
  }

  private let region: String
  private let digests: SigV4.Digests
  private let keys = Mutex<[AWSService: Held]>([:])

  public init(region: String) {
    self.region = region
    let digests = CryptoDigests()
    self.digests = SigV4.Digests(sha256: { digests.sha256($0) }, hmac: { digests.hmac($0, key: $1) })
  }

  /// The request with `x-amz-date`, `authorization` and, as they apply, `x-amz-security-token` and S3's
  /// `x-amz-content-sha256`. Every header is bound but `user-agent`, which proxies change.
  func signed(
    _ request: WireRequest, _ service: AWSService, _ credentials: Credentials, at moment: Timestamp
  ) -> WireRequest {
    var headers = request.headers
    let payloadHash = digests.sha256(request.body)
    headers["x-amz-security-token"] = credentials.sessionToken
    if service == .s3 { headers["x-amz-content-sha256"] = payloadHash }
    let made = SigV4.headers(
      for: request.with(headers: headers), binding: headers.keys.filter { $0 != "user-agent" },
      payloadHash: payloadHash,
      accessKeyID: credentials.accessKeyID, key: key(service, credentials, moment), at: moment, digests)
    for header in made { headers[header.name.lowercased()] = header.value }
    return request.with(headers: headers)
  }

  private func key(_ service: AWSService, _ credentials: Credentials, _ moment: Timestamp) -> SigV4.Key {
    keys.withLock { keys in
      if let held = keys[service], held.secret == credentials.secret, held.key.date == SigV4.Key.day(of: moment) {
        return held.key
      }
      let key = SigV4.Key(
        secret: credentials.secret, at: moment, region: region, service: service.rawValue, digests)
      keys[service] = Held(secret: credentials.secret, key: key)
      return key
    }
  }
}
