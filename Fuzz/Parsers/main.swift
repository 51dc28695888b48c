import CFuzzer
import Glibc

// Whatever the bytes are, a parser answers with a value or an error: no crash, no endless loop, no memory
// beyond reason.
var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
  LLVMFuzzerRunDriver(&count, &arguments) { data, size in
    // An error is an answer.
    do { try Parser.chosen(UnsafeRawBufferPointer(start: data, count: size)) } catch {}
    return 0
  })
