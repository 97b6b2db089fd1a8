/// One line of a description list; nil if there is nothing to say.
///
/// - Parameter route: where the value leads, if it is a link.
func detail(
  _ label: String, _ value: String?, note: String = "", route: ((String) -> ConsoleRequest.Route)? = nil
) -> Fields? {
  guard let value, !value.isEmpty else { return nil }
  let href = route.flatMap { ConsoleRequest.path(of: $0(value)) } ?? ""
  return ["label": .text(label), "value": .text(value), "href": .text(href), "note": .text(note)]
}
