/// One alternative of a pattern, held against the values of one event.
struct PatternMatch {
  private let fields: [FieldTest]
  private var search: ElementSearch

  init(_ fields: [FieldTest], in event: EventLeaves) {
    self.fields = fields
    search = ElementSearch(
      fields.map { field in
        let choices = (event.leaves[field.path] ?? []).map { leaf in
          ElementSearch.Choice(membership: leaf.membership, passes: field.passes(leaf.value))
        }
        return ElementSearch.Field(choices: choices, acceptsAbsence: field.acceptsAbsence)
      })
  }

  /// Whether every field passes.
  mutating func isComplete() -> Bool {
    search.isComplete()
  }

  /// The fields that fail, each judged without those before it that fail.
  mutating func failures() -> [FieldTest] {
    search.failures().map { fields[$0] }
  }
}
