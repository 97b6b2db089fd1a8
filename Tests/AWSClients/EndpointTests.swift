@testable import AWSClients
import AWSPorts
import Events
import Testing

@Suite struct EndpointTests {
  @Test(arguments: try Vectors.load("aws-endpoints"))
  func `services and objects lie where their table says`(row: JSON) throws {
    let variables = row["variables"]?.strings ?? [:]
    if let refused = row["refused"]?.string {
      let error = try #require(throws: CredentialError.self) { _ = try Endpoints(variables) }
      #expect(error.reason.contains(refused), "\(row.label)")
      return
    }
    let endpoints = try Endpoints(variables)
    func text(_ endpoint: Endpoint) -> String {
      "\(endpoint.isSecure ? "https" : "http") \(endpoint.host)\(endpoint.base)"
    }
    for (name, host) in row["hosts"]?.strings ?? [:] {
      let service = try #require(AWSService(rawValue: name))
      #expect(text(endpoints[service]) == host, "\(row.label)")
    }
    for object in row["objects"]?.elements ?? [] {
      let parts = object.elements?.compactMap(\.string) ?? []
      let (endpoint, path) = endpoints.object(parts[0], parts[1])
      #expect(text(endpoint) + path == parts[2], "\(row.label)")
    }
  }

  @Test(arguments: [
    ("http://[fd00:ec2::23]/v1/credentials?a=b", "[fd00:ec2::23]", "/v1/credentials", "a=b"),
    ("http://169.254.170.23", "169.254.170.23", "", ""), ("HTTPS://h:8443/", "h", "", ""),
    ("http://h?x", "h", "", "x"),
  ])
  func `an endpoint is read from its URL`(url: String, host: String, base: String, query: String) throws {
    let endpoint = try #require(Endpoint(url: url))
    #expect(endpoint.hostWithoutPort == host && endpoint.base == base && endpoint.query == query)
  }

  @Test(arguments: ["", "h", "ftp://h", "http://", "http:///p", "http://user@h", "http://a b"])
  func `what is no URL is no endpoint`(url: String) {
    #expect(Endpoint(url: url) == nil)
  }
}
