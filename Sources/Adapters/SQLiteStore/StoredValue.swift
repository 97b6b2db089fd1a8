import Engine
import Foundation

/// Values of the domain that are stored as the JSON of their `Codable` form.
enum StoredValue {
  static func text(_ value: some Encodable) throws -> String {
    String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
  }

  static func read<Value: Decodable>(_ text: String) throws -> Value {
    do {
      return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    } catch {
      throw StoreError(.corrupt, "\(Value.self): \(error)")
    }
  }
}
