/// The commands that a page proposes, ready to be pasted into a POSIX shell.
struct Commands: Sendable {
  let endpoint: String

  /// Asks for a run over the bus (§2, Adhoc Ingestion).
  var putEvent: String {
    """
    \(aws("events put-events")) \\
      --entries '[{"Source":"ops.manual","DetailType":"Adhoc Ingestion","Detail":"{\\"symbols\\":[\\"AAPL\\"]}"}]'
    """
  }

  /// Makes a rule of a pattern.
  func putPattern(_ pattern: String) -> String {
    "\(aws("events put-rule")) --name NAME --event-pattern \(Self.quoted(pattern))"
  }

  /// Makes the environment's scheduled rule and points it at the orchestrator (§1, D28).
  func putSchedule(environment: String, region: String, account: String) -> String {
    let rule = Self.quoted("\(environment)-customer-ingestion-schedule")
    let function = "arn:aws:lambda:\(region):\(account):function:\(environment)-customer-data-orchestrator"
    return """
      \(aws("events put-rule")) \\
        --name \(rule) --schedule-expression 'cron(0 22 * * ? *)'
      \(aws("events put-targets")) \\
        --rule \(rule) \\
        --targets \(Self.quoted("Id=orchestrator,Arn=\(function)"))
      """
  }

  func createQueue(environment: String) -> String {
    "\(aws("sqs create-queue")) --queue-name \(Self.quoted("\(environment)-customer-ingestion-queue"))"
  }

  private func aws(_ operation: String) -> String {
    "aws \(operation) --endpoint-url \(Self.quoted(endpoint))"
  }

  /// One word of a POSIX shell, in single quotes unless every character is harmless.
  static func quoted(_ word: String) -> String {
    let isHarmless = word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "="):
        true
      default: false
      }
    }
    if isHarmless, !word.isEmpty { return word }
    var out: [UInt8] = [UInt8(ascii: "'")]
    for byte in word.utf8 {
      if byte == UInt8(ascii: "'") { out += "'\\'".utf8 }
      out.append(byte)
    }
    out.append(UInt8(ascii: "'"))
    return String(decoding: out, as: UTF8.self)
  }
}
