import Events

/// The members of one structure of a request, read by AWS's names; null counts as absent, as it does on AWS.
struct Members {
  let json: JSON
  /// Where the structure stands in the request: `targets.1.member`; empty at the top.
  let path: String
  /// Numbers and flags came from a form, where everything is text.
  let isTextual: Bool

  init(_ json: JSON, path: String = "", isTextual: Bool = false) {
    self.json = json
    self.path = path
    self.isTextual = isTextual
  }

  /// Reads a body; an empty one has no members.
  ///
  /// - Throws: `SerializationException` if it is no JSON object.
  init(body: [UInt8]) throws(WireError) {
    guard !body.isEmpty else {
      self.init(.object([]))
      return
    }
    let json: JSON
    do {
      json = try JSON(parsing: body)
    } catch {
      throw WireError(.serialization, "The request body is not JSON: \(error.message)")
    }
    guard json.members != nil else { throw WireError(.serialization, "The request body is not a JSON object.") }
    self.init(json)
  }

  /// Where a member stands, as AWS's messages say it: `targets.1.member.id`.
  func place(_ name: String) -> String {
    let own = name.prefix(1).lowercased() + name.dropFirst()
    return path.isEmpty ? own : "\(path).\(own)"
  }

  func value(_ name: String) -> JSON? {
    guard let value = json[name], value != .null else { return nil }
    return value
  }

  func text(_ name: String) throws(WireError) -> String? {
    guard let value = value(name) else { return nil }
    guard let text = value.string else { throw misfit(value, "a String", name) }
    return text
  }

  func integer(_ name: String) throws(WireError) -> Int? {
    guard let value = value(name) else { return nil }
    if let number = value.int { return number }
    if isTextual, let number = value.string.flatMap({ Int($0) }) { return number }
    throw misfit(value, "an Integer", name)
  }

  func flag(_ name: String) throws(WireError) -> Bool? {
    guard let value = value(name) else { return nil }
    guard let flag = value.bool else { throw misfit(value, "a Boolean", name) }
    return flag
  }

  func structure(_ name: String) throws(WireError) -> Members? {
    guard let value = value(name) else { return nil }
    guard value.members != nil else { throw misfit(value, "a Structure", name) }
    return Members(value, path: place(name), isTextual: isTextual)
  }

  func structures(_ name: String) throws(WireError) -> [Members]? {
    guard let value = value(name) else { return nil }
    if isEmptyList(value) { return [] }
    guard let elements = value.elements else { throw misfit(value, "a List", name) }
    var members: [Members] = []
    for (index, element) in elements.enumerated() {
      guard element.members != nil else { throw misfit(element, "a Structure", name) }
      members.append(Members(element, path: "\(place(name)).\(index + 1).member", isTextual: isTextual))
    }
    return members
  }

  func texts(_ name: String) throws(WireError) -> [String]? {
    guard let value = value(name) else { return nil }
    if isEmptyList(value) { return [] }
    guard let elements = value.elements else { throw misfit(value, "a List", name) }
    var texts: [String] = []
    for element in elements {
      guard let text = element.string else { throw misfit(element, "a String", name) }
      texts.append(text)
    }
    return texts
  }

  /// A form writes a list without members as a name without a value.
  private func isEmptyList(_ value: JSON) -> Bool { isTextual && value.string?.isEmpty == true }

  func textMap(_ name: String) throws(WireError) -> [String: String]? {
    guard let value = value(name) else { return nil }
    guard let members = value.members else { throw misfit(value, "a Map", name) }
    var map: [String: String] = [:]
    for member in members {
      guard let text = member.value.string else { throw misfit(member.value, "a String", name) }
      map[member.key] = text
    }
    return map
  }

  /// A moment: seconds since the epoch, or ISO 8601.
  func moment(_ name: String) throws(WireError) -> Timestamp? {
    guard let value = value(name) else { return nil }
    if let seconds = value.double, Members.secondsOfYears1To9999.contains(seconds) {
      return Timestamp(milliseconds: Int64((seconds * 1_000).rounded()))
    }
    if let moment = value.string.flatMap({ Timestamp($0) }) { return moment }
    throw misfit(value, "a Timestamp", name)
  }

  private static let secondsOfYears1To9999 = -62_135_596_800.0...253_402_300_799.0

  private func misfit(_ value: JSON, _ expected: String, _ name: String) -> WireError {
    let token = "\(value.kind.uppercased())_VALUE"
    return WireError(.serialization, "\(token) can not be converted to \(expected) (at '\(place(name))')")
  }
}
