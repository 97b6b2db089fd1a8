extension Int64 {
  /// Division that rounds towards minus infinity, as calendars need before 1970.
  public func flooredQuotient(by divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }

  /// What that division leaves: never negative for a positive divisor.
  public func flooredRemainder(by divisor: Int64) -> Int64 {
    self - flooredQuotient(by: divisor) * divisor
  }
}
