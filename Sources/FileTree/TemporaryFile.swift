import CLinux
import Diagnosis
import Glibc

/// A new and empty file of mode 0600 under a name that nobody else has. Whoever makes it removes or
/// renames it.
package struct TemporaryFile: ~Copyable, Sendable {
  package let descriptor: Descriptor
  package let path: String

  /// The name is `prefix`, a dot and six characters.
  package init(_ prefix: String) throws(SystemFailure) {
    var name = Array("\(prefix).XXXXXX".utf8CString)
    descriptor = Descriptor(owning: try system("create", prefix) { clinux_make_temporary(&name) })
    path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Hands the open file over; the name stays.
  package consuming func release() -> Descriptor { descriptor }
}
