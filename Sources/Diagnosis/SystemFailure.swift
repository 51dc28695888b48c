import Glibc

/// A failed system call: what was attempted on what, and the errno, in words.
package struct SystemFailure: Diagnosable, Equatable {
  /// "open", "write", "create": the verb of "cannot <verb> <object>".
  package var verb: String
  package var object: String
  package var code: CInt

  /// `code` is errno as it was right after the call.
  package init(_ verb: String, _ object: String, code: CInt = errno) {
    self.verb = verb
    self.object = object
    self.code = code
  }

  package var summary: String { "cannot \(verb) \(object): \(String(cString: strerror(code)))" }

  package var hints: [String] {
    switch code {
    case ENOSPC: ["the file system is full; free space there, or name another place"]
    case EDQUOT: ["your disk quota is used up; free space, or name another place"]
    case EROFS: ["the file system is mounted read-only; name another place"]
    case EMFILE: ["too many open files; raise the limit with `ulimit -n 4096`"]
    default: []
    }
  }
}

/// Retries `call` while a signal interrupts it, and throws what it failed with otherwise.
@discardableResult
package func system<R: SignedInteger>(
  _ verb: String, _ object: @autoclosure () -> String, _ call: () -> R
) throws(SystemFailure) -> R {
  while true {
    let result = call()
    if result >= 0 { return result }
    let code = errno
    if code != EINTR { throw SystemFailure(verb, object(), code: code) }
  }
}
