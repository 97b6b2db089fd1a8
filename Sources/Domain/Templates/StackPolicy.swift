import Events
import Policies

/// Statements of resource policies, as far as rules and their targets are concerned.
public enum StackPolicy {
  static let events = "events.amazonaws.com"

  /// Lets a rule use a queue or a function, in the engine's own words.
  ///
  /// - Parameters:
  ///   - source: the ARN of the rule, or what a template writes for it; nil for every rule.
  ///   - resource: the ARN of the target, or what a template writes for it.
  public static func statement(_ id: String, _ action: String, source: JSON?, resource: JSON) -> JSON {
    JSON(present: [
      "Sid": .string(id), "Effect": "Allow", "Principal": ["Service": .string(events)], "Action": .string(action),
      "Resource": resource, "Condition": source.map { ["ArnLike": ["AWS:SourceArn": $0]] },
    ])
  }

  /// A document of these statements.
  public static func document(_ statements: [JSON]) -> JSON {
    ["Version": "2012-10-17", "Statement": .array(statements)]
  }

  /// The statements of a document; a single one may stand without its list.
  public static func statements(_ document: JSON) -> [JSON] {
    document["Statement"].map { $0.elements ?? [$0] } ?? []
  }

  /// What makes two statements the same: not their ids, the case of condition keys, or lists of one.
  public static func canonical(_ statement: JSON) -> String {
    var json = statement
    json.remove("Sid")
    if let conditions = json["Condition"]?.members {
      let lowered = conditions.map { test in
        JSON.Member(
          test.key,
          .object((test.value.members ?? []).map { .init($0.key.lowercased(), unwrapped($0.value)) }))
      }
      json.set("Condition", .object(lowered))
    }
    for key in ["Action", "Resource"] where json[key] != nil { json.set(key, unwrapped(json[key] ?? .null)) }
    if let principals = json["Principal"]?.members {
      json.set("Principal", .object(principals.map { .init($0.key, unwrapped($0.value)) }))
    }
    return json.canonicalText
  }

  private static func unwrapped(_ json: JSON) -> JSON {
    guard let elements = json.elements, elements.count == 1 else { return json }
    return elements[0]
  }

  /// Whether the statements let a rule send to a queue.
  ///
  /// Source: `Permissions.edge`, which asks the same when an event is delivered.
  static func permits(_ statements: [JSON], rule: ResourceName, queue: ResourceName) -> Bool {
    guard !statements.isEmpty else { return false }
    let document: PolicyDocument
    do { document = try PolicyDocument(StackPolicy.document(statements).text, as: .resource) } catch { return false }
    let request = PolicyRequest(
      principal: .service(events), action: "sqs:SendMessage", resource: queue.description,
      resourceAccount: queue.account,
      context: PolicyContext([
        "aws:SourceArn": [rule.description], "aws:SourceAccount": [rule.account], "aws:SecureTransport": ["true"],
        "aws:PrincipalIsAWSService": ["true"], "aws:PrincipalServiceName": [events],
        "aws:RequestedRegion": [queue.region],
      ]))
    let evaluation = PolicyEvaluation(request, PolicySet(resource: NamedPolicy(queue.description, document)))
    return evaluation.decision == .allowed
  }
}
