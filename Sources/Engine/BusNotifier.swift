import Events
import Ingestion
import Telemetry

/// Raw notifications of S3 as events on the embedded bus (D22).
public struct BusNotifier: ObjectNotifier {
  private let index: any ObjectIndex
  private let publisher: Publisher
  private let clock: any WallClock
  private let names: ResourceNames

  public init(_ index: any ObjectIndex, _ publisher: Publisher, _ clock: any WallClock, _ names: ResourceNames) {
    self.index = index
    self.publisher = publisher
    self.clock = clock
    self.names = names
  }

  public func notify(_ objects: [ObjectCreated], of cause: Cause) async throws(StoreError) -> LedgerEntry {
    let routed = try await publisher.route(objects.map { ObjectEvents.created($0, names) })
    let notices = zip(objects, routed).map { object, event in
      ObjectNotice(bucket: object.bucket, key: object.key, sequencer: ObjectEvents.sequencer(of: object), event: event)
    }
    let entry = try await index.record(notices, of: cause, at: clock.now())
    publisher.announce(routed)
    return entry
  }
}

extension ObjectEvents {
  /// The event of a notified object; the same whenever the same notification comes.
  public static func created(_ object: ObjectCreated, _ names: ResourceNames) -> Event {
    let sequencer = sequencer(of: object)
    return created(
      id: DerivedID.uuid(of: "\(object.bucket)/\(object.key)#\(sequencer)"), bucket: object.bucket, key: object.key,
      size: object.size ?? 0, etag: object.etag ?? "", sequencer: sequencer, reason: "PutObject", at: object.time,
      names: names)
  }

  /// A notification without a sequencer is ordered by its time, in the digits of one.
  public static func sequencer(of object: ObjectCreated) -> String {
    object.sequencer ?? String(max(0, object.time.milliseconds), radix: 16, uppercase: true)
  }

  /// Sequencers are hexadecimal and may differ in length: the shorter is padded with zeros on the right.
  ///
  /// Source: AWS, "Event message structure", `sequencer`.
  public static func isLater(_ sequencer: String, than other: String) -> Bool {
    let width = max(sequencer.utf8.count, other.utf8.count)
    func padded(_ text: String) -> String {
      text.uppercased() + String(repeating: "0", count: width - text.utf8.count)
    }
    return padded(sequencer) > padded(other)
  }
}
