import AWSWire
import Engine
import Events
import Operations

/// What a service of the wire needs to answer: the runtime behind it and where the client believes it talks to.
struct ServiceContext: Sendable {
  let room: ControlRoom
  /// `http://host:port`, as the client's Host header says: URLs that are handed out must lead back.
  let origin: String
  let requestID: String
  /// Who asks.
  var caller: Caller
  /// Why, if they said so in the header `x-bellcrank-reason`.
  let why: String?

  func note(_ operation: String) -> ChangeNote { ChangeNote(operation: operation, who: caller.name, why: why) }

  var runtime: Runtime { room.runtime }
  var ports: Ports { runtime.ports }
  var now: Timestamp { runtime.ports.clock.now() }
  var names: ResourceNames { runtime.settings.names }

  /// MD5 as bytes, which AWSWire asks for.
  var md5: @Sendable ([UInt8]) -> [UInt8] {
    let digests = ports.digests
    return { bytes in
      let digits = Array(digests.md5(bytes).utf8)
      return stride(from: 0, to: digits.count, by: 2).map { place in
        UInt8(String(decoding: digits[place..<(place + 2)], as: UTF8.self), radix: 16) ?? 0
      }
    }
  }
}

/// One page of a listing that is ordered by name; the token is the last name of the page before.
struct ListPage<Element> {
  let elements: [Element]
  let nextToken: String?

  init(_ all: [Element], limit: Int?, after token: String?, max: Int, name: (Element) -> String) {
    let rest = token.map { token in all.filter { name($0) > token } } ?? all
    let page = Array(rest.prefix(min(limit ?? max, max)))
    elements = page
    nextToken = page.count < rest.count ? page.last.map(name) : nil
  }
}
