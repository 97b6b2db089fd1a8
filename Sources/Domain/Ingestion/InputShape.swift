import Events

/// What kind of input a function was handed, told by its shape alone.
public enum InputShape: String, Sendable, Hashable, CaseIterable {
  /// A scheduled event as EventBridge sends it untransformed (§1).
  case scheduled
  /// Any other event of a bus.
  case envelope
  /// A raw notification of S3 (§4).
  case objectRecords
  /// The tick that goes on with what waits on AWS; the embedded engine does that by itself.
  case tick
  /// A request, or something that is none of the others.
  case request

  public init(_ json: JSON) {
    if json == InputShape.tickBody {
      self = .tick
    } else if InputShape.isScheduled(json) {
      self = .scheduled
    } else if InputShape.isEnvelope(json) {
      self = .envelope
    } else if json["Records"]?.elements != nil || InputShape.isTestNotification(json) {
      self = .objectRecords
    } else {
      self = .request
    }
  }

  /// What the tick's rule sends.
  public static let tickBody: JSON = ["bellcrank": "tick"]

  /// An envelope of EventBridge's own scheduler.
  public static func isScheduled(_ json: JSON) -> Bool {
    isEnvelope(json) && json["source"] == "aws.events" && json["detail-type"] == "Scheduled Event"
  }

  /// What S3 sends when notifications are set up; it tells of no object.
  public static func isTestNotification(_ json: JSON) -> Bool {
    json["Service"] == "Amazon S3" && json["Event"] == "s3:TestEvent"
  }

  /// An object with the members that tell an event of a bus from a request.
  public static func isEnvelope(_ json: JSON) -> Bool {
    json["source"]?.string != nil && json["detail-type"]?.string != nil && json["detail"]?.members != nil
  }
}
