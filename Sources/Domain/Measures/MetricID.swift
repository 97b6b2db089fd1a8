import Events

/// One side of a metric: a name and a value.
public struct Dimension: Sendable, Hashable, Comparable {
  public static let lengthMax = 255
  public static let valueLengthMax = 1_024

  public let name: String
  public let value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  public static func < (left: Dimension, right: Dimension) -> Bool {
    (left.name, left.value) < (right.name, right.value)
  }
}

/// Which metric: namespace, name and dimensions, whose order does not matter.
///
/// Source: CloudWatch API, `Metric`.
public struct MetricID: Sendable, Hashable, Comparable, CustomStringConvertible {
  public static let namespaceLengthMax = 255
  public static let nameLengthMax = 255
  public static let dimensionsMax = 30

  public let namespace: String
  public let name: String
  /// In the order of their names.
  public let dimensions: [Dimension]

  public init(_ namespace: String, _ name: String, _ dimensions: [Dimension] = []) {
    self.namespace = namespace
    self.name = name
    self.dimensions = dimensions.sorted()
  }

  /// Dimensions by name, for metrics of our own.
  public init(_ namespace: String, _ name: String, _ dimensions: KeyValuePairs<String, String>) {
    self.init(namespace, name, dimensions.map { Dimension($0.key, $0.value) })
  }

  /// Whether only AWS's services may publish it.
  public static func isReserved(_ namespace: String) -> Bool { namespace.hasPrefix("AWS/") }

  /// Refuses what CloudWatch refuses.
  public func check() throws(MetricError) {
    guard (1...MetricID.namespaceLengthMax).contains(namespace.unicodeScalars.count), !namespace.hasPrefix(":"),
      MetricID.isPlain(namespace)
    else {
      throw MetricError(
        .invalidParameterValue,
        "The value \(namespace) for parameter Namespace is invalid: 1 to \(MetricID.namespaceLengthMax) printable ASCII "
          + "characters, not beginning with a colon.")
    }
    guard (1...MetricID.nameLengthMax).contains(name.unicodeScalars.count), MetricID.isPlain(name) else {
      throw MetricError(
        .invalidParameterValue,
        "The value \(name) for parameter MetricName is invalid: 1 to \(MetricID.nameLengthMax) printable ASCII characters."
      )
    }
    guard dimensions.count <= MetricID.dimensionsMax else {
      throw MetricError(
        .invalidParameterValue, "The collection Dimensions must not have a size greater than \(MetricID.dimensionsMax)."
      )
    }
    guard Set(dimensions.map(\.name)).count == dimensions.count else {
      throw MetricError(.invalidParameterValue, "No two dimensions of a metric may have the same name.")
    }
    for dimension in dimensions {
      guard (1...Dimension.lengthMax).contains(dimension.name.unicodeScalars.count), !dimension.name.hasPrefix(":"),
        MetricID.isPlain(dimension.name)
      else {
        throw MetricError(
          .invalidParameterValue, "The value \(dimension.name) for parameter Dimensions.Name is invalid.")
      }
      guard (1...Dimension.valueLengthMax).contains(dimension.value.unicodeScalars.count),
        MetricID.isPlain(dimension.value), dimension.value.contains(where: { $0 != " " })
      else {
        throw MetricError(
          .invalidParameterValue, "The value of dimension \(dimension.name) is empty, too long or not printable ASCII.")
      }
    }
  }

  /// Printable ASCII only, as CloudWatch asks.
  private static func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { (0x20...0x7E).contains($0) } }

  /// A text from which `init(key:)` makes the same metric again.
  public var key: String {
    JSON.array(
      [.string(namespace), .string(name)] + dimensions.flatMap { [.string($0.name), .string($0.value)] }
    ).text
  }

  /// nil if the text is no key.
  public init?(key: String) {
    let parsed: JSON
    do { parsed = try JSON(parsing: key) } catch { return nil }
    let texts = (parsed.elements ?? []).compactMap(\.string)
    guard texts.count >= 2, texts.count.isMultiple(of: 2), texts.count == parsed.elements?.count else { return nil }
    let dimensions = stride(from: 2, to: texts.count, by: 2).map { Dimension(texts[$0], texts[$0 + 1]) }
    self.init(texts[0], texts[1], dimensions)
  }

  public static func < (left: MetricID, right: MetricID) -> Bool {
    (left.namespace, left.name, left.key) < (right.namespace, right.name, right.key)
  }

  /// `AWS/Events Invocations {RuleName=nightly}`
  public var description: String {
    let sides = dimensions.map { "\($0.name)=\($0.value)" }.joined(separator: ", ")
    return "\(namespace) \(name)\(sides.isEmpty ? "" : " {\(sides)}")"
  }
}
