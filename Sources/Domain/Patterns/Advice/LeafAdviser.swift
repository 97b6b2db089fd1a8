import Events

/// Looks for what would mend one failing leaf.
struct LeafAdviser {
  let field: FieldTest
  let event: JSON
  let trial: AdviceTrial
  let places: EventPlaces
  let nearest: NearestValue
  /// Paths that may have been meant; none where something is at the leaf's own.
  let others: [[UInt8]]
  private var trialsLeft: Int

  init(field: FieldTest, event: JSON, trial: AdviceTrial) {
    self.field = field
    self.event = event
    self.trial = trial
    places = EventPlaces(field.path, in: event)
    nearest = NearestValue(field)
    others = places.present.isEmpty ? OtherPaths.like(field.path, in: event) : []
    trialsLeft = trial.trialsMax
  }

  // MARK: The event

  /// The smallest change of the event that mends the leaf.
  mutating func eventChange() -> EventChange? {
    trialsLeft = trial.trialsMax
    if let unpacked = unpacked() { return unpacked }
    if let moved = moved() { return moved }
    for (place, value) in settings() {
      let changed = event.setting(place, to: value)
      if isMended(in: changed) {
        let action: EventChange.Action = place.missing.isEmpty ? .set : .add
        return EventChange(action: action, place: place.name, origin: nil, value: value, event: changed)
      }
    }
    guard field.acceptsAbsence else { return nil }
    let changed = event.removing(field.path)
    guard isMended(in: changed) else { return nil }
    return EventChange(action: .remove, place: field.name, origin: nil, value: nil, event: changed)
  }

  /// Where a text holds the JSON that the path leads through, the JSON itself.
  private mutating func unpacked() -> EventChange? {
    for gap in places.gaps {
      guard let json = LeafAdviser.packed(gap.value) else { continue }
      let place = EventPlaces.Place(
        steps: gap.steps, name: gap.parentName, value: gap.value, missing: [], parentName: gap.parentName)
      let changed = event.setting(place, to: json)
      if isMended(in: changed) {
        return EventChange(action: .set, place: place.name, origin: nil, value: json, event: changed)
      }
    }
    return nil
  }

  /// What lies at a path like this one, brought here.
  private mutating func moved() -> EventChange? {
    for other in others {
      let keys = (OtherPaths.keys(other), OtherPaths.keys(field.path))
      let name = String(decoding: other, as: UTF8.self)
      var changed: JSON?
      if keys.0.dropLast() == keys.1.dropLast(), let key = keys.1.last {
        changed = event.renaming(other, to: key)
      } else if let gap = places.gaps.first, let value = EventPlaces(other, in: event).leaves.first?.value {
        changed = event.setting(gap, to: value).removing(other)
      }
      if let changed, isMended(in: changed) {
        let value = EventPlaces(field.path, in: changed).leaves.first?.value
        return EventChange(action: .move, place: field.name, origin: name, value: value, event: changed)
      }
    }
    return nil
  }

  /// What to put where: values that are there first, the nearest of them; then objects and gaps.
  private func settings() -> [(EventPlaces.Place, JSON)] {
    var ranked: [(place: EventPlaces.Place, value: JSON, rank: Int, distance: Double)] = []
    for place in places.all {
      let had = place.isLeaf ? place.value : nil
      for value in nearest.values(near: had) {
        let distance = nearest.isRanked ? had.map { NearestValue.distance(value, $0) } ?? 0 : 0
        ranked.append((place, value, place.isLeaf ? 0 : place.missing.isEmpty ? 2 : 1, distance))
      }
    }
    return ranked.enumerated()
      .sorted { ($0.element.rank, $0.element.distance, $0.offset) < ($1.element.rank, $1.element.distance, $1.offset) }
      .map { ($0.element.place, $0.element.value) }
  }

  private mutating func isMended(in changed: JSON) -> Bool {
    guard trialsLeft > 0 else { return false }
    trialsLeft -= 1
    return trial.isMended(field.path, in: changed)
  }

  // MARK: The pattern

  /// The smallest change of the leaf that mends it.
  mutating func patternChange() -> PatternChange? {
    trialsLeft = trial.trialsMax
    for other in others {
      let name = String(decoding: other, as: UTF8.self)
      if let change = proved(name, field.wanted) { return change }
    }
    var values: [JSON] = []
    for leaf in places.leaves where !values.contains(leaf.value) { values.append(leaf.value) }
    for value in values {
      for list in LeafAdviser.lists(of: nearest.elements, with: value) {
        if let change = proved(field.name, list) { return change }
      }
    }
    return proved(field.name, LeafAdviser.list(nearest.elements + [["exists": false]]))
  }

  private mutating func proved(_ path: String, _ list: String) -> PatternChange? {
    guard trialsLeft > 0, let leaf = AdviceTrial.leaf(at: path, wanting: list) else { return nil }
    trialsLeft -= 1
    return trial.isMended(field.path, by: leaf) ? PatternChange(path: path, wanted: leaf.wanted) : nil
  }

  /// The list that takes the value as well: a wider range, a shorter `anything-but`, or one value more.
  private static func lists(of elements: [JSON], with value: JSON) -> [String] {
    var lists: [String] = []
    func replace(_ place: Int, by element: JSON) {
      lists.append(list(elements.prefix(place) + [element] + elements.dropFirst(place + 1)))
    }
    for (place, element) in elements.enumerated() {
      if case .number(let number) = value, let wider = NearestNumber.widened(element, to: number) {
        replace(place, by: wider)
      }
      if let forbidden = element["anything-but"]?.elements {
        let left = forbidden.filter { NearestValue.distance($0, value) > 0 }
        if !left.isEmpty, left.count < forbidden.count { replace(place, by: ["anything-but": .array(left)]) }
      }
    }
    return lists + [list(elements + [value])]
  }

  private static func list(_ elements: [JSON]) -> String { JSON.array(elements).text }

  /// The object or array that a string holds as text.
  static func packed(_ value: JSON) -> JSON? {
    guard case .string(let text) = value,
      text.utf8.contains(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") })
    else { return nil }
    let json: JSON
    do { json = try JSON(parsing: text) } catch { return nil }
    return json.members == nil && json.elements == nil ? nil : json
  }
}
