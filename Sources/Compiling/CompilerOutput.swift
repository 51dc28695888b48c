import Diagnosis

/// What a compiler's run printed, as far as it explains a failure.
struct CompilerOutput {
  private var last: [String] = []
  private var errors: [String] = []
  private var compiled = 0

  private static let limit = 10

  /// Takes a line; returns how many files were compiled when this is one more.
  mutating func take(_ line: Substring) -> Int? {
    let text = String(line)
    if text.contains("error:") || text.contains("Error ") { errors.append(text) }
    last.append(text)
    if last.count > CompilerOutput.limit { last.removeFirst() }
    // "  CC      init/main.o", as kbuild prints each step.
    let step = line.split(separator: " ", maxSplits: 1).first
    guard line.hasPrefix("  "), step == "CC" || step == "AS" else { return nil }
    compiled += 1
    return compiled
  }

  func failure(_ summary: String) -> Report {
    let text = (errors + last).joined(separator: "\n")
    let hints =
      text.contains("No space left on device")
      ? ["the file system of the cache is full; free space there, or set CAPSEM_CACHE_DIR to another place"]
      : ["look around where it failed: build again with --keep, then `capsem-native shell`"]
    return Report(
      summary, causes: errors.isEmpty ? last : Array(errors.prefix(CompilerOutput.limit)), hints: hints)
  }
}
