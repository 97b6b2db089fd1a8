import Events

extension Intrinsics {
  /// The functions that a template may call where a value is due.
  enum Function: String, CaseIterable {
    case reference = "Ref"
    case attribute = "Fn::GetAtt"
    case substitute = "Fn::Sub"
    case join = "Fn::Join"
    case select = "Fn::Select"
    case split = "Fn::Split"
    case choose = "Fn::If"
    case findInMap = "Fn::FindInMap"
    case importValue = "Fn::ImportValue"
    case base64 = "Fn::Base64"
    case zones = "Fn::GetAZs"
    case cidr = "Fn::Cidr"
    case transform = "Fn::Transform"
    case length = "Fn::Length"
    case toJSON = "Fn::ToJsonString"

    init?(_ name: String) { self.init(rawValue: name) }

    /// Whether that may be its argument: a pattern may have a field called `Ref`, but no text in it.
    func takes(_ argument: JSON) -> Bool { self != .reference || argument.string != nil }
  }

  func call(_ function: Function, _ argument: JSON, _ depth: Int) throws(Unresolved) -> JSON? {
    switch function {
    case .reference: return try reference(argument.string ?? "", depth)
    case .attribute: return .string(try attribute(argument, depth))
    case .substitute: return .string(try substituted(argument, depth))
    case .join:
      let parts = try arguments(argument, function, 2...2)
      let pieces = try texts(parts[1], function, depth)
      return .string(pieces.joined(separator: try text(parts[0], function, depth)))
    case .select:
      let parts = try arguments(argument, function, 2...2)
      guard let index = Int(try text(parts[0], function, depth)) else { throw Unresolved("Fn::Select takes an index") }
      let list = try elements(parts[1], function, depth)
      guard list.indices.contains(index) else {
        throw Unresolved("Fn::Select asks for \(index) of \(list.count) values")
      }
      return list[index]
    case .split:
      let parts = try arguments(argument, function, 2...2)
      let delimiter = try text(parts[0], function, depth)
      let whole = try text(parts[1], function, depth)
      guard !delimiter.isEmpty else { throw Unresolved("Fn::Split takes a delimiter") }
      return JSON(whole.split(separator: delimiter, omittingEmptySubsequences: false).map(String.init))
    case .choose:
      let parts = try arguments(argument, function, 3...3)
      return try resolve(parts[try holds(parts[0].string ?? "", depth) ? 1 : 2], depth: depth)
    case .findInMap:
      let parts = try arguments(argument, function, 3...4)
      var keys: [String] = []
      for part in parts.prefix(3) { keys.append(try text(part, function, depth)) }
      return try mapped(keys, fallback: parts.count > 3 ? parts[3]["DefaultValue"] : nil, depth)
    case .length: return JSON(try elements(argument, function, depth).count)
    case .toJSON: return .string((try resolve(argument, depth: depth) ?? .null).text)
    case .importValue:
      throw Unresolved("Fn::ImportValue is the output of another stack: \(settled(argument).text.prefix(80))")
    case .base64, .zones, .cidr, .transform:
      throw Unresolved("\(function.rawValue) is not read")
    }
  }

  private func arguments(
    _ argument: JSON, _ function: Function, _ counts: ClosedRange<Int>
  ) throws(Unresolved) -> [JSON] {
    guard let parts = argument.elements, counts.contains(parts.count) else {
      throw Unresolved("\(function.rawValue) takes a list of \(counts.lowerBound)")
    }
    return parts
  }

  private func text(_ json: JSON, _ function: Function, _ depth: Int) throws(Unresolved) -> String {
    guard let value = try resolve(json, depth: depth).flatMap({ Intrinsics.scalar($0) }) else {
      throw Unresolved("\(function.rawValue) takes texts")
    }
    return value
  }

  private func elements(_ json: JSON, _ function: Function, _ depth: Int) throws(Unresolved) -> [JSON] {
    guard let list = try resolve(json, depth: depth)?.elements else {
      throw Unresolved("\(function.rawValue) takes a list")
    }
    return list
  }

  private func texts(_ json: JSON, _ function: Function, _ depth: Int) throws(Unresolved) -> [String] {
    var texts: [String] = []
    for element in try elements(json, function, depth) {
      guard let text = Intrinsics.scalar(element) else { throw Unresolved("\(function.rawValue) takes texts") }
      texts.append(text)
    }
    return texts
  }

  /// `Fn::GetAtt`: `["Queue", "Arn"]`, or `Queue.Arn` as YAML's short form has it.
  private func attribute(_ argument: JSON, _ depth: Int) throws(Unresolved) -> String {
    if let text = argument.string {
      let parts = text.split(separator: ".", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { throw Unresolved("Fn::GetAtt takes a resource and an attribute, not \(text)") }
      return try attribute(parts[1], of: parts[0], depth)
    }
    let parts = try arguments(argument, .attribute, 2...2)
    return try attribute(try text(parts[1], .attribute, depth), of: parts[0].string ?? "", depth)
  }

  /// `Fn::Sub`: a text with `${Name}` and `${Resource.Attribute}`, perhaps with names of its own; `${!x}` is `${x}`.
  private func substituted(_ argument: JSON, _ depth: Int) throws(Unresolved) -> String {
    let own = argument.elements?.count == 2 ? argument.elements?[1] : nil
    guard let template = argument.string ?? argument.elements?.first?.string else {
      throw Unresolved("Fn::Sub takes a text")
    }
    var out = ""
    var rest = template[...]
    while let start = rest.firstRange(of: "${") {
      out += rest[..<start.lowerBound]
      rest = rest[start.upperBound...]
      guard let end = rest.firstIndex(of: "}") else { throw Unresolved("Fn::Sub has a ${ without its }") }
      let name = rest[..<end]
      rest = rest[rest.index(after: end)...]
      out += name.first == "!" ? "${\(name.dropFirst())}" : try filled(String(name), own, depth)
    }
    out += rest
    guard !out.contains("{{resolve:") else { throw Unresolved("\(out.prefix(60)) is read when it is deployed") }
    return out
  }

  private func filled(_ written: String, _ own: JSON?, _ depth: Int) throws(Unresolved) -> String {
    let name = written.split(separator: " ").joined()
    if let value = own?[name] { return try text(value, .substitute, depth) }
    if name.contains("."), !name.contains("::") {
      return try attribute(.string(name), depth)
    }
    guard let value = try reference(name, depth).flatMap({ Intrinsics.scalar($0) }) else {
      throw Unresolved("\(name) is no text")
    }
    return value
  }
}
