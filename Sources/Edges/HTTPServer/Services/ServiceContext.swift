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

/// One page of a listing that is ordered by the bytes of its names, as the store orders them.
struct ListPage<Element> {
  let elements: [Element]
  let nextToken: String?

  /// The token is the last name of the page before.
  init(_ all: [Element], limit: Int?, after token: String?, max: Int, name: (Element) -> String) {
    let rest = token.map { token in all.filter { token.precedes(name($0)) } } ?? all
    let page = Array(rest.prefix(min(limit ?? max, max)))
    elements = page
    nextToken = page.count < rest.count ? page.last.map(name) : nil
  }

  /// The token is one that only this listing takes.
  init(
    _ all: [Element], _ listing: Listing, limit: Int?, after token: String?, max: Int, name: (Element) -> String
  ) throws(WireError) {
    let page = ListPage(all, limit: limit, after: try listing.place(token), max: max, name: name)
    elements = page.elements
    nextToken = page.nextToken.map { listing.token(of: $0) }
  }
}

/// A listing whose tokens are its own, and how it refuses others.
struct Listing: Sendable {
  /// The operation, and what of the request the token is bound to.
  let name: String
  let refusal: WireError.Code

  init(_ name: String, refusal: WireError.Code) {
    self.name = name
    self.refusal = refusal
  }

  func token(of place: String) -> String { PageToken.text(of: place, in: name) }

  /// The place that a token names; nil if there is no token.
  func place(_ token: String?) throws(WireError) -> String? {
    guard let token else { return nil }
    guard let place = PageToken.place(of: token, in: name) else {
      throw WireError(refusal, "The specified next token is invalid.")
    }
    return place
  }
}

extension String {
  /// Whether it is the same bytes: names that Unicode calls equal are two names.
  func isSame(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }

  /// Whether its bytes begin with the other's.
  func begins(with other: String) -> Bool { utf8.starts(with: other.utf8) }

  /// What follows a text that it begins with.
  func after(_ start: String) -> String { String(decoding: Array(utf8.dropFirst(start.utf8.count)), as: UTF8.self) }

  /// Whether its bytes come first, which is the order of the store.
  func precedes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}
