import Events

/// How JSON looks inside a table: strings bare, lists of texts with commas, everything else as compact JSON.
extension JSON {
  /// The cell of a member, `-` if there is none.
  func cell(_ key: String) -> String {
    self[key]?.cell ?? "-"
  }

  /// The cell of a value.
  var cell: String {
    switch self {
    case .null: "-"
    case .string(let text): text.isEmpty ? "-" : text
    case .array(let elements) where elements.isEmpty: "-"
    case .array(let elements) where elements.allSatisfy({ $0.string != nil }):
      elements.compactMap(\.string).joined(separator: ", ")
    case .bool, .number, .array, .object: text
    }
  }

  /// The cell of a member that is worth a line of its own; nil if it is absent, null or empty.
  func fact(_ key: String) -> String? {
    let cell = cell(key)
    return cell == "-" ? nil : cell
  }

  /// The elements of a member; none if it is absent or no list.
  func list(_ key: String) -> [JSON] {
    self[key]?.elements ?? []
  }
}

extension Table {
  /// One row for each value, its cells the members of those names.
  init(_ columns: [Column], of values: [JSON], keys: [String]) {
    self.init(columns, values.map { value in keys.map { value.cell($0) } })
  }

  /// Names and cells of all members of an object.
  init(members object: JSON) {
    self.init(["", ""], (object.members ?? []).map { [$0.key, $0.value.cell] })
  }
}
