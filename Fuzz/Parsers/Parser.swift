import Glibc

/// A parser by the name that `.ci/fuzz` knows.
enum Parser {
  private static let all: [String: @Sendable (UnsafeRawBufferPointer) throws -> Void] = [
    "ar": parseDebianPackage, "tar": parseTar, "deb822": parseControlFile, "release": parseRelease,
    "zip": parseZip, "wheel": parseWheelRecord, "npm": parsePackument, "lock": parseLockfile,
    "toml": parseToml, "ext4": parseImage,
  ]

  /// The one that `CAPSEM_FUZZ_PARSER` names.
  static let chosen: @Sendable (UnsafeRawBufferPointer) throws -> Void = {
    let name = getenv("CAPSEM_FUZZ_PARSER").map { String(cString: $0) } ?? ""
    guard let parse = all[name] else {
      fatalError("CAPSEM_FUZZ_PARSER names none of \(all.keys.sorted().joined(separator: ", "))")
    }
    return parse
  }()
}
