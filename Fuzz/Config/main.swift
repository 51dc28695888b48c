import CFuzzer
import Glibc

// Whatever a config file holds, the answer is diagnostics and never a crash.
var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
  LLVMFuzzerRunDriver(&count, &arguments) { data, size in
    FuzzedGuest.shared.validate(UnsafeRawBufferPointer(start: data, count: size))
    return 0
  })
