import Events

/// The `name=value` pairs of a query string or a form, decoded, in their order.
///
/// Source: WHATWG URL, "application/x-www-form-urlencoded"; AWS, "Query protocol" for the dotted names.
struct Form: Sendable, Hashable {
  /// One pair; the value is empty where there was no `=`.
  struct Field: Sendable, Hashable {
    let name: String
    let value: String
  }

  /// Pairs that are read at most.
  static let fieldsMax = 10_000

  let fields: [Field]

  init(fields: [Field]) {
    self.fields = fields
  }

  /// nil if a percent sign is malformed, a byte is not UTF-8, or there are more than `fieldsMax` pairs.
  init?(parsing text: some StringProtocol) {
    var fields: [Field] = []
    for pair in text.split(separator: "&", maxSplits: Form.fieldsMax) {
      guard fields.count < Form.fieldsMax else { return nil }
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = sides[0].percentDecoded, let value = sides.count > 1 ? sides[1].percentDecoded : "" else {
        return nil
      }
      fields.append(Field(name: name, value: value))
    }
    self.fields = fields
  }

  /// The value of the first field of that name.
  subscript(name: String) -> String? {
    fields.first { $0.name == name }?.value
  }

  /// The values of `prefix.1`, `prefix.2`, … in the order of their numbers.
  func values(_ prefix: String) -> [String] {
    groups(prefix).compactMap { $0[""] }
  }

  /// The fields `prefix.1.*`, `prefix.2.*`, … each group without its prefix, in the order of the numbers.
  func groups(_ prefix: String) -> [Form] {
    var groups: [Int: [Field]] = [:]
    for field in fields where field.name.hasPrefix(prefix + ".") {
      let rest = field.name.dropFirst(prefix.count + 1).split(separator: ".", maxSplits: 1)
      guard let first = rest.first, let number = Int(first) else { continue }
      groups[number, default: []].append(Field(name: rest.count > 1 ? String(rest[1]) : "", value: field.value))
    }
    return groups.sorted { $0.key < $1.key }.map { Form(fields: $0.value) }
  }
}
