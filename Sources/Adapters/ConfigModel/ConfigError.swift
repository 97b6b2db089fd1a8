/// Where a value was written.
public enum ConfigPlace: Sendable, Hashable, CustomStringConvertible {
  /// In the file as a whole.
  case file(name: String)
  /// - Parameters:
  ///   - line: counted from 1.
  ///   - column: counted from 1, in Unicode scalars.
  case line(file: String, line: Int, column: Int)
  /// In the environment variable of that name.
  case variable(name: String)
  /// In a flag `--set path=value`.
  case flag(path: String)

  /// As a person looks for it: `Config/dev.yaml:14:3`, `BELLCRANK_WORKERS`, `--set workers`.
  public var description: String {
    switch self {
    case .file(let name): name
    case .line(let file, let line, let column): "\(file):\(line):\(column)"
    case .variable(let name): name
    case .flag(let path): "--set \(path)"
    }
  }

  /// Whether the place alone does not say which key is meant.
  fileprivate var isInFile: Bool {
    switch self {
    case .file, .line: true
    case .variable, .flag: false
    }
  }
}

/// Why a configuration is not taken: everything found wrong, so that one correction is enough.
public struct ConfigError: Error, Sendable, Hashable, CustomStringConvertible {
  /// One wrong value, key or line.
  public struct Problem: Sendable, Hashable, CustomStringConvertible {
    /// Where it was written, or where it is missing.
    public let place: ConfigPlace
    /// `limits.manual_per_hour`; nil if the file as a whole is meant.
    public let path: String?
    /// For people: what it must be, and what it is.
    public let reason: String

    /// Makes a problem.
    public init(_ place: ConfigPlace, _ path: String?, _ reason: String) {
      self.place = place
      self.path = path
      self.reason = reason
    }

    /// One line: `Config/dev.yaml:14:3: limits.manual_per_hour: must be 1 to 10000, is 0`.
    public var description: String {
      guard let path, place.isInFile else { return "\(place): \(reason)" }
      return "\(place): \(path): \(reason)"
    }
  }

  /// At least one: those of the file first, then of variables, of flags, and values that contradict each other.
  public let problems: [Problem]

  /// Makes an error of at least one problem.
  public init(_ problems: [Problem]) {
    precondition(!problems.isEmpty, "an error has a reason")
    self.problems = problems
  }

  /// A line for each problem.
  public var description: String {
    problems.map(\.description).joined(separator: "\n")
  }
}
