import Events
import Foundation
import Policies
import Testing

@Suite struct PolicyTests {
  static func rows(_ name: String) throws -> [JSON] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Vectors/\(name).json")
    let rows = try #require(try JSON(parsing: Array(Data(contentsOf: file))).elements)
    for row in rows { _ = try #require(row["source"]?.string) }
    return rows
  }

  private static func policies(_ json: JSON?, _ kind: PolicyDocument.Kind) throws -> [NamedPolicy]? {
    try json?.elements?.enumerated().map { place, document in
      NamedPolicy("p\(place)", try PolicyDocument(document.text, as: kind))
    }
  }

  static func set(_ row: JSON) throws -> PolicySet {
    PolicySet(
      identity: try policies(row["identity"], .identity) ?? [],
      resource: try row["resource"].map { NamedPolicy("resource", try PolicyDocument($0.text, as: .resource)) },
      boundary: try policies(row["boundary"], .identity), session: try policies(row["session"], .identity))
  }

  static func request(_ row: JSON) throws -> PolicyRequest {
    let json = try #require(row["request"])
    let who = try #require(json["principal"]?.string)
    let context = (json["context"]?.members ?? []).map { member in
      (member.key, (member.value.elements ?? []).compactMap(\.string))
    }
    return PolicyRequest(
      principal: ResourceName(who).map { .identity($0) } ?? .service(who),
      action: try #require(json["action"]?.string), resource: try #require(json["resource"]?.string),
      resourceAccount: try #require(json["account"]?.string),
      context: PolicyContext(Dictionary(context, uniquingKeysWith: { first, _ in first })))
  }

  @Test func `each request is judged as the guide says, with the statements behind it`() throws {
    let rows = try PolicyTests.rows("policies")
    #expect(rows.count >= 200)
    for row in rows {
      let request = try PolicyTests.request(row)
      let evaluation = PolicyEvaluation(request, try PolicyTests.set(row))
      #expect(evaluation.decision.rawValue == row["decision"]?.string, "\(row["id"]?.string ?? "")")
      #expect((evaluation.denial(of: request) == nil) == (evaluation.decision == .allowed))
      if let matched = row["matched"]?.elements {
        #expect(evaluation.matches.map(\.statement.index) == matched.compactMap(\.int), "\(row.text)")
      }
      if let missing = row["missing"]?.elements {
        #expect(evaluation.missingContext == missing.compactMap(\.string), "\(row.text)")
      }
    }
  }

  @Test func `a document that IAM refuses is refused with its statement and its reason`() throws {
    for row in try PolicyTests.rows("policy-documents") {
      let kind = try #require(row["kind"]?.string.flatMap { PolicyDocument.Kind(rawValue: $0) })
      do {
        _ = try PolicyDocument(try #require(row["document"]?.string), as: kind)
        Issue.record("\(row.text) was taken")
      } catch let error as PolicyError {
        #expect(error.message.hasPrefix(try #require(row["message"]?.string)), "\(error.message)")
        #expect(error.code.rawValue == row["code"]?.string ?? "MalformedPolicyDocument")
      }
    }
  }

  /// Source: IAM user guide, "AWS JSON policy elements: Principal", role sessions; a session's ARN lacks the path.
  @Test func `a statement for a role with a path means its sessions, and no other role of that name`() throws {
    let session = try #require(ResourceName("arn:aws:sts::123456789012:assumed-role/etl/job1"))
    let role = ResourceName(service: "iam", region: "", account: "123456789012", resource: "role/a/b/etl")
    for (entry, decision) in [("a/b/etl", "allowed"), ("etl", "implicitDeny"), ("a/etl", "implicitDeny")] {
      let text = """
        {"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/\(entry)"},
        "Action":"sqs:SendMessage","Resource":"*"}}
        """
      let policy = NamedPolicy("q", try PolicyDocument(text, as: .resource))
      let request = PolicyRequest(
        principal: .identity(session), action: "sqs:SendMessage", resource: "arn:aws:sqs:us-east-1:123456789012:q",
        resourceAccount: "123456789012", context: PolicyContext([:]), role: role)
      #expect(PolicyEvaluation(request, PolicySet(resource: policy)).decision.rawValue == decision, "\(entry)")
    }
  }

  @Test func `an explicit deny always wins, and what does not match changes nothing, in any order`() throws {
    let noise = try PolicyDocument(
      #"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"nothing:Here","Resource":"*"}]}"#, as: .identity
    )
    let deny = try PolicyDocument(
      #"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#, as: .identity)
    for row in try PolicyTests.rows("policies") {
      let request = try PolicyTests.request(row)
      var set = try PolicyTests.set(row)
      let before = PolicyEvaluation(request, set).decision
      set.identity = [NamedPolicy("noise", noise)] + set.identity.reversed()
      #expect(PolicyEvaluation(request, set).decision == before, "\(row["id"]?.string ?? "")")
      set.identity.append(NamedPolicy("deny", deny))
      #expect(PolicyEvaluation(request, set).decision == .explicitDeny, "\(row["id"]?.string ?? "")")
    }
  }

  @Test func `a statement is found again by its place in the document`() throws {
    let text = """
      {
        "Version": "2012-10-17",
        "Statement": [
          {"Sid": "a", "Effect": "Allow", "Action": "s3:Get{Object", "Resource": "*"},
          {
            "Effect": "Allow", "Action": "s3:*", "Resource": "*",
            "Condition": {"StringEquals": {"a:b": "}"}}
          }
        ]
      }
      """.replacing("Get{Object", with: "GetObject")
    let document = try PolicyDocument(text, as: .identity)
    #expect(document.statements.map(\.span.start) == [.init(line: 4, column: 5), .init(line: 5, column: 5)])
    #expect(document.statements.map(\.span.end) == [.init(line: 4, column: 79), .init(line: 8, column: 6)])
    let single = try PolicyDocument(
      #"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#, as: .identity)
    #expect(single.statements.map(\.span.start) == [.init(line: 1, column: 14)])
    #expect(document.contextKeys == ["a:b"])
  }

  @Test func `a denial names what is missing, in AWS's words`() throws {
    let request = PolicyRequest(
      principal: .identity(try #require(ResourceName("arn:aws:iam::123456789012:user/ana"))),
      action: "events:PutRule", resource: "arn:aws:events:us-east-1:123456789012:rule/x",
      resourceAccount: "123456789012",
      context: PolicyContext([:]))
    let none = PolicyEvaluation(request, PolicySet())
    #expect(
      none.denial(of: request)
        == "User: arn:aws:iam::123456789012:user/ana is not authorized to perform: events:PutRule on resource: "
        + "arn:aws:events:us-east-1:123456789012:rule/x because no identity-based policy allows the events:PutRule action"
    )
    let deny = try PolicyDocument(
      #"{"Statement":{"Sid":"NoRules","Effect":"Deny","Action":"events:*","Resource":"*"}}"#, as: .identity)
    let denied = PolicyEvaluation(request, PolicySet(identity: [NamedPolicy("ops", deny)]))
    #expect(denied.denial(of: request)?.hasSuffix("with an explicit deny in an identity-based policy") == true)
    #expect(
      denied.reason
        == "statement NoRules of identity-based policy ops denies events:PutRule on "
        + "arn:aws:events:us-east-1:123456789012:rule/x")
  }
}
