import Events

/// A dashboard: a name and a body of widgets. Source: CloudWatch API, "Dashboard body structure and syntax".
public struct Dashboard: Sendable, Hashable {
  public static let bodyBytesMax = 1_048_576
  public static let nameLengthMax = 255
  public static let widgetsMax = 500

  /// What is wrong at a place of a body, as PutDashboard lists it.
  public struct Complaint: Sendable, Hashable, Error {
    /// `/widgets/0/properties/metrics`
    public let dataPath: String
    public let message: String
  }

  /// The name is letters, digits, `-` and `_`.
  public static func isName(_ name: String) -> Bool {
    (1...nameLengthMax).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }

  /// What is wrong with a body; empty if nothing is.
  public static func complaints(about body: String) -> [Complaint] {
    guard body.utf8.count <= bodyBytesMax else {
      return [Complaint(dataPath: "/", message: "The body is larger than \(bodyBytesMax) bytes")]
    }
    let json: JSON
    do {
      json = try JSON(parsing: body)
    } catch {
      return [
        Complaint(dataPath: "/", message: "The field DashboardBody must be a valid JSON object: \(error.message)")
      ]
    }
    guard json.members != nil else {
      return [Complaint(dataPath: "/", message: "The field DashboardBody must be a valid JSON object")]
    }
    guard let widgets = json["widgets"]?.elements else {
      return [Complaint(dataPath: "/", message: "Should have required property 'widgets', an array")]
    }
    guard widgets.count <= widgetsMax else {
      return [Complaint(dataPath: "/widgets", message: "Should NOT have more than \(widgetsMax) items")]
    }
    return widgets.enumerated().flatMap { place, widget in complaints(about: widget, at: "/widgets/\(place)") }
  }

  private static func complaints(about widget: JSON, at path: String) -> [Complaint] {
    guard let type = widget["type"]?.string else {
      return [Complaint(dataPath: path, message: "Should have required property 'type'")]
    }
    guard ["metric", "text", "log", "alarm", "explorer", "custom"].contains(type) else {
      return [
        Complaint(dataPath: "\(path)/type", message: "Should be one of metric, text, log, alarm, explorer, custom")
      ]
    }
    guard let properties = widget["properties"], properties.members != nil else {
      return [Complaint(dataPath: path, message: "Should have required property 'properties', an object")]
    }
    var found: [Complaint] = []
    func require(_ name: String, _ isThere: Bool, _ what: String) {
      guard !isThere else { return }
      found.append(
        Complaint(dataPath: "\(path)/properties", message: "Should have required property '\(name)', \(what)"))
    }
    switch type {
    case "metric":
      let isAnnotated = properties["annotations"]?["alarms"]?.elements != nil
      require("metrics", properties["metrics"]?.elements != nil || isAnnotated, "an array")
    case "text": require("markdown", properties["markdown"]?.string != nil, "a string")
    case "log": require("query", properties["query"]?.string != nil, "a string")
    case "alarm": require("alarms", properties["alarms"]?.elements != nil, "an array")
    default: break  // The body is the user's: what a widget of theirs needs is theirs to know.
    }
    return found
  }
}
