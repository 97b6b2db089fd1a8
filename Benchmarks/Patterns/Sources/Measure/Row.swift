import Events

/// One line of output.
struct Row {
  private var members: [(String, JSON)]

  init(_ kind: String, _ name: String) {
    members = [("kind", .string(kind)), ("name", .string(name))]
  }

  mutating func set(_ key: String, _ value: JSON) {
    members.append((key, value))
  }

  mutating func set(_ key: String, _ value: Double, digits: Int = 2) {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    members.append((key, .init((value * scale).rounded() / scale)))
  }

  mutating func set(_ key: String, _ samples: Samples) {
    set("\(key)_ns", samples.median)
    set("\(key)_ns_least", samples.least)
    set("\(key)_ns_most", samples.most)
  }

  var text: String {
    JSON.object(members.map { JSON.Member($0.0, $0.1) }).text
  }
}
