import CFuzzer
import Glibc

// Whatever the bytes are, a parser answers with a value or an error: no crash, no endless loop, no memory beyond
// reason. `CAPSEM_FUZZ_PARSER` says which one.
let parsers: [String: (UnsafeRawBufferPointer) throws -> Void] = [
  "ar": parseDebianPackage, "tar": parseTar, "deb822": parseControlFile, "release": parseRelease,
  "zip": parseZip, "wheel": parseWheelRecord, "npm": parsePackument, "lock": parseLockfile,
  "toml": parseToml, "ext4": parseImage,
]
guard let name = getenv("CAPSEM_FUZZ_PARSER").map({ String(cString: $0) }), let parse = parsers[name] else {
  fatalError("CAPSEM_FUZZ_PARSER names none of \(parsers.keys.sorted().joined(separator: ", "))")
}
var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
  LLVMFuzzerRunDriver(&count, &arguments) { data, size in
    // An error is an answer.
    do { try parse(UnsafeRawBufferPointer(start: data, count: size)) } catch {}
    return 0
  })
