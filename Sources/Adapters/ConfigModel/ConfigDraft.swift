import Events

/// What was read so far, and everything found wrong with it.
struct ConfigDraft {
  /// A value and where it was written.
  struct Written {
    let value: ConfigValue
    let place: ConfigPlace
  }

  /// As problems name it: `Config/dev.yaml`.
  let file: String
  /// The values that could be read, by path.
  private(set) var written: [String: Written] = [:]
  /// The sources that the file names, in its order.
  var sources: [String] = []
  private(set) var problems: [ConfigError.Problem] = []

  init(file: String) {
    self.file = file
  }

  mutating func report(_ place: ConfigPlace, _ path: String?, _ reason: String) {
    problems.append(.init(place, path, reason))
  }

  /// Keeps the value, or says what is wrong with it.
  mutating func take(_ result: Result<ConfigValue, Fault>, _ path: String, at place: ConfigPlace) {
    switch result {
    case .success(let value): written[path] = Written(value: value, place: place)
    case .failure(let fault): report(place, path, fault.reason)
    }
  }

  /// Takes what a key means that the file leaves out.
  mutating func take(fallbackOf key: ConfigKey, at place: ConfigPlace) {
    guard let text = key.fallback else { preconditionFailure("\(key.path) may not be left out") }
    take(key.rule.read(override: text), key.path, at: place)
  }

  // MARK: Overrides

  /// Lays variables and then flags over the file.
  mutating func take(_ overrides: ConfigOverrides) {
    let known = ConfigKey.concrete(sources: sources)
    for (name, text) in overrides.ours {
      let place = ConfigPlace.variable(name: name)
      if let (path, key) = known.first(where: { ConfigOverrides.variable(of: $0.path) == name }) {
        take(override: text, key, path, at: place)
      } else {
        let names = known.filter { $0.key.isOverridable }.map { ConfigOverrides.variable(of: $0.path) }
        report(place, nil, "is no setting" + ConfigDraft.hint(NearestName.of(name, among: names)))
      }
    }
    for (path, text) in overrides.flags.sorted(by: { $0.key < $1.key }) {
      let place = ConfigPlace.flag(path: path)
      if let (_, key) = known.first(where: { $0.path == path }) {
        take(override: text, key, path, at: place)
      } else {
        let paths = known.filter { $0.key.isOverridable }.map(\.path)
        let nearest = NearestName.of(path, among: paths) ?? ConfigDraft.elsewhere(path, among: paths)
        report(place, path, "is no setting" + ConfigDraft.hint(nearest))
      }
    }
  }

  private mutating func take(override text: String, _ key: ConfigKey, _ path: String, at place: ConfigPlace) {
    guard key.isOverridable else {
      report(place, path, "is said by the file alone; BELLCRANK_ENV chooses the file")
      return
    }
    take(key.rule.read(override: text), path, at: place)
  }

  /// The only path that ends in the same word.
  static func elsewhere(_ name: String, among paths: [String]) -> String? {
    let last = ConfigKey.parts(name).last
    let same = paths.filter { ConfigKey.parts($0).last == last }
    return same.count == 1 ? same.first : nil
  }

  /// Goes on after "is unknown" and the like.
  static func hint(_ name: String?) -> String {
    name.map { "; did you mean \($0)?" } ?? ""
  }

  // MARK: What must fit together

  /// Looks for values that are right alone and wrong together; those that could not be read are left out.
  mutating func checkTogether() {
    checkFileName()
    checkDefaults()
    for source in sources {
      let rate = ConfigKey.sourceRate.path(source: source)
      let chunkMax = ConfigKey.sourceChunkMax.path(source: source)
      if let most = number(chunkMax), let requests = number(rate), requests < most {
        contradict(rate, "must be at least the source's chunk_size_max \(most), is \(requests)")
      }
    }
    var seen: [String: String] = [:]
    for source in sources {
      if let other = seen.updateValue(source, forKey: source.uppercased()) {
        report(.file(name: file), "sources.\(source)", "would share its variables with sources.\(other)")
      }
    }
  }

  /// `prod.yaml` must not hold `dev`.
  private mutating func checkFileName() {
    let base = file.split(separator: "/").last ?? ""
    let stem = String(base.prefix { $0 != "." })
    guard ConfigKey.environments.contains(stem), let environment = text(ConfigKey.environment.path),
      environment != stem
    else { return }
    contradict(ConfigKey.environment.path, "must be \(stem) in a file of that name, is \(environment)")
  }

  private mutating func checkDefaults() {
    if let source = text(ConfigKey.dataSource.path) {
      if !sources.isEmpty, !sources.contains(source) {
        let names = sources.joined(separator: ", ")
        contradict(ConfigKey.dataSource.path, "must be one of sources (\(names)), is \(source)")
      } else if let most = number(ConfigKey.sourceChunkMax.path(source: source)),
        let size = number(ConfigKey.chunkSize.path), size > most
      {
        contradict(ConfigKey.chunkSize.path, "must be at most sources.\(source).chunk_size_max \(most), is \(size)")
      }
    }
    if let domain = text(ConfigKey.domain.path), let name = text(ConfigKey.tableName.path),
      case .list(let tables) = written[ConfigKey.tables.path]?.value, !tables.contains("\(domain).\(name)")
    {
      let names = tables.joined(separator: ", ")
      contradict(ConfigKey.tableName.path, "must be, with its domain, one of tables (\(names)), is \(domain).\(name)")
    }
  }

  private mutating func contradict(_ path: String, _ reason: String) {
    report(written[path]?.place ?? .file(name: file), path, reason)
  }

  private func number(_ path: String) -> Int? {
    guard case .number(let number) = written[path]?.value else { return nil }
    return number
  }

  private func text(_ path: String) -> String? {
    guard case .text(let text) = written[path]?.value else { return nil }
    return text
  }
}
