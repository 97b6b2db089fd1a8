import Events
import Foundation
import Limits

/// The rule families of `citylots2_rules.json`.
enum Cities {
  private struct Family {
    let fields: limits_field
    let floor: Double
  }

  private static let families: [String: Family] = {
    let butFields = of(LIMITS_FROM_ST, LIMITS_STREET, LIMITS_ST_TYPE, LIMITS_GEOMETRY_TYPE)
    let partial = of(butFields, LIMITS_MAPBLKLOT, LIMITS_FIRST_COORDINATES)
    return [
      "EXACT": Family(fields: LIMITS_MAPBLKLOT, floor: 3.6e6),
      "WILDCARD": Family(fields: LIMITS_MAPBLKLOT, floor: 2.4e6),
      "PREFIX": Family(fields: LIMITS_STREET, floor: 2.4e6),
      "PREFIX_EQUALS_IGNORE_CASE": Family(fields: LIMITS_STREET, floor: 2.4e6),
      "SUFFIX": Family(fields: LIMITS_STREET, floor: 2.4e6),
      "SUFFIX_EQUALS_IGNORE_CASE": Family(fields: LIMITS_STREET, floor: 2.4e6),
      "EQUALS_IGNORE_CASE": Family(fields: of(LIMITS_STREET, LIMITS_ST_TYPE), floor: 2.4e6),
      "ANYTHING_BUT": Family(fields: butFields, floor: 0.9e6),
      "ANYTHING_BUT_IGNORE_CASE": Family(fields: butFields, floor: 0.9e6),
      "ANYTHING_BUT_PREFIX": Family(fields: butFields, floor: 0.9e6),
      "ANYTHING_BUT_SUFFIX": Family(fields: butFields, floor: 0.9e6),
      "ANYTHING_BUT_WILDCARD": Family(fields: LIMITS_MAPBLKLOT, floor: 0.9e6),
      "NUMERIC": Family(fields: of(LIMITS_GEOMETRY_TYPE, LIMITS_FIRST_COORDINATES), floor: 0.5e6),
      "COMPLEX_ARRAYS": Family(fields: of(LIMITS_GEOMETRY_TYPE, LIMITS_COORDINATES), floor: 0.1e6),
      "PARTIAL_COMBO": Family(fields: partial, floor: 0.9e6),
      "COMBO": Family(fields: of(partial, LIMITS_COORDINATES), floor: 0.1e6),
    ]
  }()

  private static func of(_ fields: limits_field...) -> limits_field {
    limits_field(fields.reduce(0) { $0 | $1.rawValue })
  }

  /// In the order of the file.
  static func workloads(rules file: String) throws -> [Workload] {
    let text = [UInt8](try Data(contentsOf: URL(filePath: file)))
    return try (try JSON(parsing: text).members ?? []).map { member in
      guard let family = families[member.key], let rows = member.value.elements else {
        throw MeasureError("\(member.key): nothing is known of this family")
      }
      return Workload(
        name: "citylots2 \(member.key)", rules: rows.compactMap { $0["pattern"]?.text },
        fields: family.fields.rawValue, floor: family.floor, counts: rows.compactMap { $0["count"]?.int })
    }
  }
}
