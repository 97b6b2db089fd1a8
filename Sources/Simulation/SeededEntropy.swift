import Engine
import Events
import Synchronization

/// Dice that roll the same numbers for the same seed.
public final class SeededEntropy: Entropy {
  private let dice: Mutex<SplitMix64>

  public init(seed: UInt64) {
    dice = Mutex(SplitMix64(seed: seed))
  }

  public func word() -> UInt64 {
    dice.withLock { $0.next() }
  }
}
