import Engine

extension TimeWitness {
  /// What became of a slot, of a rule or a schedule.
  enum Outcome: Equatable {
    case fires, recovers, disabled, skipped

    init(_ outcome: SlotDecision.Outcome) {
      switch outcome {
      case .fires: self = .fires
      case .recovers: self = .recovers
      case .disabled: self = .disabled
      case .skipped, .missed: self = .skipped
      }
    }
  }
}
