import AWSWire
import Engine
import Events
import Operations
import Policies

/// IAM on the wire: the roles of the environment, their policies, and the simulator (§8, D26).
struct IAMService: Sendable {
  static let pageMax = 1_000
  static let pageStandard = 100
  static let tagsMax = 50

  private let context: ServiceContext

  init(_ context: ServiceContext) {
    self.context = context
  }

  private var permissions: Permissions { context.room.permissions }

  func answer(_ operation: IAMOperation, _ input: WireInput) async throws -> WireTree? {
    switch operation {
    case .getRole: return .members(["Role": shape(try role(input), withTags: true)])
    case .listRoles: return try list(input)
    case .listRolePolicies:
      let role = try role(input)
      let listing = Listing("ListRolePolicies \(role.name)", refusal: .validation)
      return try page(role.policies.keys.sorted(), listing, input, "PolicyNames") {
        .text($0)
      } name: {
        $0
      }
    case .getRolePolicy: return try getPolicy(input)
    case .listAttachedRolePolicies:
      let role = try role(input)
      let listing = Listing("ListAttachedRolePolicies \(role.name)", refusal: .invalidInput)
      return try page([String](), listing, input, "AttachedPolicies") {
        .text($0)
      } name: {
        $0
      }
    case .simulatePrincipalPolicy, .simulateCustomPolicy, .getContextKeysForCustomPolicy,
      .getContextKeysForPrincipalPolicy:
      return try PolicySimulator(context).answer(operation, input)
    case .createRole: return try await permissions.change { try await create(input) }
    case .deleteRole: return try await permissions.change { try await delete(input) }
    case .updateAssumeRolePolicy: return try await permissions.change { try await updateTrust(input) }
    case .putRolePolicy: return try await permissions.change { try await putPolicy(input) }
    case .deleteRolePolicy: return try await permissions.change { try await deletePolicy(input) }
    }
  }

  // MARK: Roles

  private func role(_ input: WireInput) throws -> Role {
    let name = try input.requiredText("RoleName", 1...64)
    guard let role = permissions.role(name) else {
      throw WireError(.noSuchEntity, "The role with name \(name) cannot be found.")
    }
    return role
  }

  private func shape(_ role: Role, withTags: Bool = false) -> WireTree {
    .members([
      "Path": .text(role.path), "RoleName": .text(role.name), "RoleId": .text(role.id),
      "Arn": .text(role.arn(context.names.account).description), "CreateDate": .time(role.createdAt),
      "AssumeRolePolicyDocument": .text(role.trust.percentEncoded()),
      "Description": role.description.map { .text($0) }, "MaxSessionDuration": .integer(role.maxSessionSeconds),
      "Tags": withTags
        ? .list(role.tags.map { .members(["Key": .text($0.key), "Value": .text($0.value)]) }) : nil,
    ])
  }

  private func list(_ input: WireInput) throws -> WireTree {
    let prefix = try input.text("PathPrefix") ?? "/"
    let roles = permissions.roles.filter { $0.path.hasPrefix(prefix) }
    return try page(roles, Listing("ListRoles \(prefix)", refusal: .validation), input, "Roles") {
      shape($0)
    } name: {
      $0.name
    }
  }

  private func page<Element>(
    _ all: [Element], _ listing: Listing, _ input: WireInput, _ member: String, _ shape: (Element) -> WireTree,
    name: (Element) -> String
  ) throws -> WireTree {
    let page = try ListPage(
      all, listing, limit: try input.integer("MaxItems", 1...IAMService.pageMax), after: try input.text("Marker"),
      max: IAMService.pageStandard, name: name)
    return .members([
      member: .list(page.elements.map(shape)), "IsTruncated": .flag(page.nextToken != nil),
      "Marker": page.nextToken.map { .text($0) },
    ])
  }

  private func create(_ input: WireInput) async throws -> WireTree {
    let name = try named(input, "RoleName", 1...64)
    let path = try input.text("Path", 1...512) ?? "/"
    guard path.hasPrefix("/"), path.hasSuffix("/") else {
      throw WireError(.validation, "The specified value for path is invalid: it begins and ends with a slash")
    }
    let trust = try document(input, "AssumeRolePolicyDocument", as: .trust)
    let tags = try tags(input)
    if let boundary = try input.text("PermissionsBoundary", 20...2_048) {
      // Managed policies are not served, so none is there that could bound it.
      throw WireError(.noSuchEntity, "Scope ARN: \(boundary) does not exist or is not attachable.")
    }
    // Names are kept in their case and compared without it.
    guard !permissions.roles.contains(where: { $0.name.lowercased() == name.lowercased() }) else {
      throw WireError(.entityAlreadyExists, "Role with name \(name) already exists.")
    }
    let role = Role(
      name: name, path: path,
      id: "AROA" + context.ports.entropy.uuid().replacing("-", with: "").uppercased().prefix(17),
      description: try input.text("Description", 0...1_000), trust: trust.text,
      maxSessionSeconds: try input.integer("MaxSessionDuration", 3_600...43_200) ?? 3_600, tags: tags,
      createdAt: context.now)
    try await permissions.save(role)
    return .members(["Role": shape(role, withTags: !tags.isEmpty)])
  }

  /// A name of IAM's.
  private func named(_ input: WireInput, _ member: String, _ lengths: ClosedRange<Int>) throws -> String {
    let name = try input.requiredText(member, lengths)
    guard name.wholeMatch(of: /[A-Za-z0-9_+=,.@-]+/) != nil else {
      let place = member.prefix(1).lowercased() + member.dropFirst()
      throw WireError(
        .validation,
        "The specified value for \(place) is invalid. It must contain only alphanumeric characters and/or the "
          + "following: +=,.@_-")
    }
    return name
  }

  private func tags(_ input: WireInput) throws -> [Role.Tag] {
    let tags = try (try input.structures("Tags") ?? []).map { tag in
      Role.Tag(key: try tag.requiredText("Key", 1...128), value: try tag.text("Value", 0...256) ?? "")
    }
    guard Set(tags.map { $0.key.lowercased() }).count == tags.count else {
      throw WireError(
        .invalidInput, "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    }
    guard tags.count <= IAMService.tagsMax else {
      throw WireError(.limitFault, "The number of tags has reached the maximum limit of \(IAMService.tagsMax).")
    }
    return tags
  }

  private func updateTrust(_ input: WireInput) async throws -> WireTree? {
    var role = try role(input)
    role.trust = try document(input, "PolicyDocument", as: .trust).text
    try await permissions.save(role)
    return nil
  }

  private func delete(_ input: WireInput) async throws -> WireTree? {
    let role = try role(input)
    guard role.policies.isEmpty else {
      throw WireError(.deleteConflict, "Cannot delete entity, must delete policies first.")
    }
    _ = try await permissions.removeRole(role.name)
    return nil
  }

  // MARK: Policies of roles

  private func policyName(_ input: WireInput) throws -> String { try input.requiredText("PolicyName", 1...128) }

  private func noSuchPolicy(_ name: String, _ role: Role) -> WireError {
    WireError(.noSuchEntity, "The role policy with name \(name) cannot be found.")
  }

  private func document(
    _ input: WireInput, _ name: String, as kind: PolicyDocument.Kind
  ) throws -> PolicyDocument {
    let text = try input.requiredText(name, 1...131_072)
    do {
      return try PolicyDocument(text, as: kind)
    } catch {
      switch error.code {
      case .malformed: throw WireError(.malformedPolicyDocument, error.message)
      case .tooLong: throw WireError(.limitFault, error.message)
      }
    }
  }

  private func getPolicy(_ input: WireInput) throws -> WireTree {
    let role = try role(input)
    let name = try policyName(input)
    guard let text = role.policies[name] else { throw noSuchPolicy(name, role) }
    return .members([
      "RoleName": .text(role.name), "PolicyName": .text(name), "PolicyDocument": .text(text.percentEncoded()),
    ])
  }

  private func putPolicy(_ input: WireInput) async throws -> WireTree? {
    var role = try role(input)
    let document = try document(input, "PolicyDocument", as: .identity)
    role.policies[try named(input, "PolicyName", 1...128)] = document.text
    let bytes = role.policies.values.reduce(0) { $0 + PolicyDocument.size(of: $1) }
    guard bytes <= PolicyDocument.Kind.identity.sizeMax else {
      throw WireError(
        .limitFault,
        "Maximum policy size of \(PolicyDocument.Kind.identity.sizeMax) bytes exceeded for role \(role.name)")
    }
    try await permissions.save(role)
    return nil
  }

  private func deletePolicy(_ input: WireInput) async throws -> WireTree? {
    var role = try role(input)
    let name = try policyName(input)
    guard role.policies.removeValue(forKey: name) != nil else { throw noSuchPolicy(name, role) }
    try await permissions.save(role)
    return nil
  }
}
