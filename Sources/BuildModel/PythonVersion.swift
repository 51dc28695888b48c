/// A version of a Python distribution, ordered as the version scheme of Python packages (PEP 440)
/// orders it: `1.0.dev1 < 1.0a1 < 1.0rc1 < 1.0 < 1.0+local < 1.0.post1`.
package struct PythonVersion: Sendable, Hashable, Comparable {
  package let epoch: Int
  /// Without trailing zeros, so that 1.0 and 1.0.0 are one version.
  package let release: [Int]
  private let stage: Stage
  private let post: Int
  private let dev: Int
  private let local: [LocalPart]

  /// A pre-release's place before the final one; a bare development release comes before them all.
  private enum Stage: Hashable, Comparable {
    case development
    case pre(letter: Int, number: Int)
    case final
  }

  private enum LocalPart: Hashable, Comparable {
    case text(String)
    case number(Int)
  }

  /// Nil for what the scheme does not allow. Numbers above nine digits are refused.
  package init?(_ text: some StringProtocol) {
    var scanner = Scanner(text)
    scanner.skipSpaces()
    _ = scanner.skip("v")
    var epoch = 0
    guard var number = scanner.number() else { return nil }
    if scanner.skip("!") {
      epoch = number
      guard let first = scanner.number() else { return nil }
      number = first
    }
    var release = [number]
    while let next = scanner.attempt({ $0.skip(".") ? $0.number() : nil }) { release.append(next) }
    var pre: (letter: Int, number: Int)?
    let letters = ["a": 0, "alpha": 0, "b": 1, "beta": 1, "c": 2, "rc": 2, "pre": 2, "preview": 2]
    pre = scanner.attempt { scanner in
      scanner.skipSeparator()
      guard let letter = letters[scanner.word()] else { return nil }
      return (letter, scanner.trailingNumber())
    }
    var post = scanner.attempt { scanner in
      scanner.skipSeparator()
      return ["post", "rev", "r"].contains(scanner.word()) ? scanner.trailingNumber() : nil
    }
    if post == nil { post = scanner.attempt { $0.skip("-") ? $0.number() : nil } }
    let dev = scanner.attempt { scanner in
      scanner.skipSeparator()
      return scanner.word() == "dev" ? scanner.trailingNumber() : nil
    }
    var local: [LocalPart] = []
    if scanner.skip("+") {
      repeat {
        let part = scanner.alphanumeric()
        guard !part.isEmpty else { return nil }
        local.append(part.allSatisfy(\.isNumber) ? .number(Int(part) ?? .max) : .text(part))
      } while scanner.skipSeparator()
    }
    scanner.skipSpaces()
    guard scanner.isAtEnd else { return nil }
    while release.count > 1 && release.last == 0 { release.removeLast() }
    self.epoch = epoch
    self.release = release
    self.stage =
      pre.map { .pre(letter: $0.letter, number: $0.number) }
      ?? (dev != nil && post == nil ? .development : .final)
    self.post = post ?? -1
    self.dev = dev ?? .max
    self.local = local
  }

  /// Neither a pre-release nor a development release.
  package var isStable: Bool { stage == .final && dev == .max }

  /// A release number by place, 0 where none is written.
  package func release(_ place: Int) -> Int { place < release.count ? release[place] : 0 }

  package var isPostRelease: Bool { post >= 0 }

  package var hasLocalPart: Bool { !local.isEmpty }

  /// Whether both have the same epoch and the first `count` release numbers.
  package func agrees(with other: PythonVersion, upTo count: Int) -> Bool {
    epoch == other.epoch && (0..<count).allSatisfy { release($0) == other.release($0) }
  }

  /// Whether they differ in their local parts at most.
  package func isSamePublicVersion(as other: PythonVersion) -> Bool {
    (epoch, release, stage) == (other.epoch, other.release, other.stage)
      && (post, dev) == (other.post, other.dev)
  }

  package static func < (a: PythonVersion, b: PythonVersion) -> Bool {
    if a.epoch != b.epoch { return a.epoch < b.epoch }
    if a.release != b.release { return a.release.lexicographicallyPrecedes(b.release) }
    if a.stage != b.stage { return a.stage < b.stage }
    if a.post != b.post { return a.post < b.post }
    if a.dev != b.dev { return a.dev < b.dev }
    return a.local.lexicographicallyPrecedes(b.local)
  }
}

/// Reads a version from left to right, in lower case.
private struct Scanner {
  private let characters: [Character]
  private var position = 0

  init(_ text: some StringProtocol) { characters = Array(text.lowercased()) }

  var isAtEnd: Bool { position == characters.count }

  private var next: Character? { isAtEnd ? nil : characters[position] }

  /// What `body` reads, or nothing at all when it answers nil.
  mutating func attempt<R>(_ body: (inout Scanner) -> R?) -> R? {
    var copy = self
    guard let result = body(&copy) else { return nil }
    self = copy
    return result
  }

  mutating func skip(_ character: Character) -> Bool {
    guard next == character else { return false }
    position += 1
    return true
  }

  @discardableResult
  mutating func skipSeparator() -> Bool { skip(".") || skip("-") || skip("_") }

  mutating func skipSpaces() { while next?.isWhitespace == true { position += 1 } }

  private mutating func run(_ belongs: (Character) -> Bool) -> String {
    let start = position
    while let next, next.isASCII, belongs(next) { position += 1 }
    return String(characters[start..<position])
  }

  mutating func number() -> Int? {
    let digits = run(\.isNumber)
    return digits.count <= 9 ? Int(digits) : nil
  }

  mutating func word() -> String { run(\.isLetter) }

  mutating func alphanumeric() -> String { run { $0.isLetter || $0.isNumber } }

  /// The number of `rc1` or `post.2`; 0 when it is left out.
  mutating func trailingNumber() -> Int {
    attempt { scanner in
      scanner.skipSeparator()
      return scanner.number()
    } ?? 0
  }
}
