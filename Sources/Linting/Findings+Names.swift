import BuildModel
import Diagnosis
import GuestConfig

/// Keys and files that nothing reads: most often a slip of the pen, or a table that ended too early.
extension Findings {
  mutating func checkNames() {
    var schema = KnownKeys(configDirectory: guest.configuration.configDirectory)
    for ignored in guest.configuration.ignored {
      add(
        .unknownKey, at: ignored.position, "unknown key \(ignored.value)",
        hint: schema.hint(for: ignored.value, in: ignored.position.file))
    }
    for stray in guest.strays where stray.problem?.kind != .missing {
      add(
        .strayFile, at: SourcePosition(wholeFile: stray.path), "nothing reads this file",
        hint: schema.hint(forFile: stray.path))
    }
  }
}

/// The keys and files that are read, to find the one that was meant.
private struct KnownKeys {
  let configDirectory: String
  private var children: [String: [String]] = [:]

  init(configDirectory: String) { self.configDirectory = configDirectory }

  private static let paths: [(file: String, parts: [Substring])] = ConfigKey.all.map {
    ($0.file, $0.path.split(separator: "."))
  }

  private func relative(_ path: String) -> String { String(path.dropFirst(configDirectory.count + 1)) }

  private static let directories = Set(
    paths.map(\.file).filter { $0.hasSuffix("/*.toml") }.map { String($0.dropLast("/*.toml".count)) })

  /// "ai/acme.toml" is read as "ai/*.toml".
  private func pattern(of file: String) -> String {
    let path = relative(file)
    let directory = String(path.prefix { $0 != "/" })
    return KnownKeys.directories.contains(directory) ? "\(directory)/*.toml" : path
  }

  mutating func hint(for key: String, in file: String) -> String? {
    let parts = key.split(separator: ".", omittingEmptySubsequences: false)
    guard let name = parts.last else { return nil }
    let pattern = pattern(of: file)
    let parents = parts.dropLast()
    let place = "\(pattern) \(parents.joined(separator: "."))"
    if children[place] == nil {
      children[place] = KnownKeys.paths.filter { known in
        known.file == pattern && known.parts.count == parts.count
          && zip(known.parts, parents).allSatisfy { $0 == $1 || KnownKeys.isPlaceholder($0) }
          && !KnownKeys.isPlaceholder(known.parts[parts.count - 1])
      }.map { String($0.parts[parts.count - 1]) }
    }
    if let nearest = didYouMean(String(name), among: children[place] ?? []) { return nearest }
    // A key after the header of another table belongs to that table.
    let homes = KnownKeys.paths.filter { $0.file == pattern && $0.parts.last == name && $0.parts.count > 1 }
    guard let home = homes.first, homes.count == 1 else { return nil }
    return "`\(name)` is a key of [\(home.parts.dropLast().joined(separator: "."))]"
  }

  func hint(forFile path: String) -> String {
    let path = relative(path)
    let known = Set(KnownKeys.paths.map(\.file))
    let parts = path.split(separator: "/")
    let name = parts.last.map(String.init) ?? path
    if let exact = known.sorted().first(where: { $0.hasSuffix("/\(name)") }) {
      return "did you mean `\(exact)`?"
    }
    if parts.count > 1, let first = parts.first.map(String.init) {
      if KnownKeys.directories.contains(first) { return "files are read directly in `\(first)`, not below" }
      if let nearest = nearestNames(to: first, among: KnownKeys.directories).first {
        return "did you mean `\(nearest)/\(name)`?"
      }
    }
    return didYouMean(path, among: known.filter { !$0.hasSuffix("/*.toml") })
      ?? "read are \(known.sorted().map { "`\($0)`" }.joined(separator: ", "))"
  }

  /// Capitals stand for names that are free.
  private static func isPlaceholder(_ part: Substring) -> Bool {
    part.utf8.allSatisfy { (65...90).contains($0) }
  }
}
