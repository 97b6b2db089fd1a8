import AWSWire
import Events
import Testing

struct TreeTests {
  /// A request of CloudWatch in each protocol that it speaks.
  private static let routes = [
    Route(
      WireRequest(
        method: "POST", path: "/",
        headers: ["x-amz-target": "GraniteServiceVersion20100801.X", "content-type": "application/x-amz-json-1.0"])),
    Route(.form("Action=X&Version=2010-08-01")),
    Route(
      WireRequest(
        method: "POST", path: "/service/GraniteServiceVersion20100801/operation/X",
        headers: ["smithy-protocol": "rpc-v2-cbor"])),
  ]

  /// Source: Smithy, "AWS JSON 1.0 protocol" and "AWS query protocol", how float and double shapes are written.
  @Test(arguments: [(Double.infinity, "Infinity"), (-.infinity, "-Infinity"), (.nan, "NaN")])
  func `a number that is none is written in its word`(_ number: Double, _ word: String) {
    let tree = WireTree.members(["n": .double(number)])
    for route in TreeTests.routes {
      let response = WireEncoder.encode(.tree(tree), for: route, requestID: "id-1")
      #expect(response.status == 200)
      guard route.dialect != .cbor else { continue }
      #expect(response.text.contains(word), "\(route.dialect)")
    }
  }

  @Test func `an error has the members of its shape beside its message`() {
    let messages = WireTree.list([.members(["DataPath": .text("/widgets/0"), "Message": .text("no type")])])
    let error = WireError(.dashboardInvalidInput, "m", members: [.init("dashboardValidationMessages", messages)])
    for route in TreeTests.routes {
      let response = WireEncoder.encode(error, for: route, requestID: "id-1")
      #expect(response.status == 400)
      for text in ["dashboardValidationMessages", "DataPath", "/widgets/0", "no type"] {
        #expect(String(decoding: response.body, as: UTF8.self).contains(text), "\(text) in \(route.dialect)")
      }
    }
  }

  /// Source: CloudWatch's service model, `ResourceNotFoundException` of ListTagsForResource.
  @Test func `a resource that CloudWatch does not find is a 404`() {
    for route in TreeTests.routes {
      let response = WireEncoder.encode(WireError(.resourceNotFound, "m"), for: route, requestID: "id-1")
      #expect(response.status == 404, "\(route.dialect)")
    }
  }

  @Test func `a token leads back to its place, in its listing only`() {
    for place in ["", "a", "e\u{301}", "é", "a\u{0}b", String(repeating: "x", count: 600)] {
      let token = PageToken.text(of: place, in: "alarms")
      #expect(PageToken.place(of: token, in: "alarms").map { Array($0.utf8) } == Array(place.utf8))
      #expect(PageToken.place(of: token, in: "boards") == nil)
      #expect(PageToken.place(of: token + "=", in: "alarms") == nil)
      #expect(PageToken.place(of: String(token.dropFirst(4)), in: "alarms") == nil)
    }
    #expect(PageToken.text(of: "é", in: "alarms") != PageToken.text(of: "e\u{301}", in: "alarms"))
  }

  @Test(arguments: [
    "", "77", "-1", "9223372036854775807", "9223372036854775806", "~garbage", "AAAAAAAAAAA=", "é", "=", "====",
  ])
  func `what is no token leads nowhere`(_ text: String) {
    #expect(PageToken.place(of: text, in: "alarms") == nil)
  }
}
