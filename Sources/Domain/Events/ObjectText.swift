/// The compact text of one object, written member by member.
///
/// For texts that are stored by the million: a tree of values in between would cost more than all else.
public struct ObjectText {
  private var bytes: [UInt8] = []
  private var isEmpty = true

  private init() {}

  /// Appends an object with the members that the body sets.
  public static func append(to buffer: inout [UInt8], _ body: (inout ObjectText) -> Void) {
    var text = ObjectText()
    // The one buffer goes from hand to hand, so that it is never copied.
    swap(&text.bytes, &buffer)
    text.bytes.append(UInt8(ascii: "{"))
    body(&text)
    text.bytes.append(UInt8(ascii: "}"))
    swap(&text.bytes, &buffer)
  }

  public mutating func set(_ key: String, _ text: String) {
    begin(key)
    JSON.write(text, into: &bytes)
  }

  public mutating func set(_ key: String, _ number: Int64) {
    begin(key)
    bytes.append(contentsOf: String(number).utf8)
  }

  public mutating func set(_ key: String, _ value: JSON) {
    begin(key)
    value.write(into: &bytes)
  }

  /// An object within this one.
  public mutating func set(_ key: String, _ body: (inout ObjectText) -> Void) {
    begin(key)
    ObjectText.append(to: &bytes, body)
  }

  private mutating func begin(_ key: String) {
    if !isEmpty { bytes.append(UInt8(ascii: ",")) }
    isEmpty = false
    JSON.write(key, into: &bytes)
    bytes.append(UInt8(ascii: ":"))
  }
}
