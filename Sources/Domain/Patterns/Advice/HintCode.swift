/// The misunderstandings that make rules miss events without anybody noticing.
///
/// Raw values are printed, so they are never renamed.
public enum HintCode: String, Sendable, Hashable, CaseIterable {
  case typeDiffers = "TYPE_DIFFERS"
  case caseDiffers = "CASE_DIFFERS"
  case blanksAround = "BLANKS_AROUND"
  case notALeaf = "NOT_A_LEAF"
  case otherElement = "OTHER_ELEMENT"
  case otherPath = "OTHER_PATH"
  case numberTooLong = "NUMBER_TOO_LONG"
  case textOfJSON = "TEXT_OF_JSON"

  /// What happened, for someone who meets the code for the first time.
  public var meaning: String {
    switch self {
    case .typeDiffers: "the value would match as a string, number, boolean or null, and is another of these"
    case .caseDiffers: "the value would match if letter case did not count"
    case .blanksAround: "the value would match without the blanks around it, or around the pattern's"
    case .notALeaf: "an object or an empty array lies at the path, and operators, exists too, look at values only"
    case .otherElement:
      "the value that would match lies in another element of an array than those of the other leaves"
    case .otherPath: "the event has nothing at the path, but something at a path like it"
    case .numberTooLong: "the number has digits that no double holds, so it is compared by its spelling only"
    case .textOfJSON: "a string on the way of the path holds JSON, and nothing is looked for in strings"
    }
  }

  /// What a person does about it.
  public var remedy: String {
    switch self {
    case .typeDiffers: "list the value in the type that the producer sends, or in both"
    case .caseDiffers: "use equals-ignore-case, also within prefix and suffix"
    case .blanksAround: "trim the value where it is made, or use a wildcard"
    case .notALeaf: "ask for what is in the object by its own path"
    case .otherElement: "ask for leaves of one element; for those of several, one rule each"
    case .otherPath: "write the path as the event has it; letter case, - and _ count"
    case .numberTooLong: "send the number as a string, and list strings"
    case .textOfJSON: "send the object itself: Detail is text on the wire only"
    }
  }
}
