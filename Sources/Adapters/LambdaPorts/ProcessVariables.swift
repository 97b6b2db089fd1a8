#if canImport(Musl)
  import Musl
#elseif canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The environment variables of this process.
public enum ProcessVariables {
  /// All of them, as they are now; what is not UTF-8 is repaired.
  public static func all() -> [String: String] {
    var variables: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
      let text = String(cString: entry)
      if let mark = text.firstIndex(of: "=") {
        variables[String(text[..<mark])] = String(text[text.index(after: mark)...])
      }
      next += 1
    }
    return variables
  }

  /// Sets one for this process and its children. Nobody may read variables at the same time.
  public static func set(_ name: String, _ value: String) {
    setenv(name, value, 1)
  }
}
