import Diagnosis
import FileTree
import Glibc

extension HostTool {
  package static let b3sum = HostTool("b3sum", package: "b3sum")
}

/// BLAKE3, by Debian's `b3sum`: Debian 12 has no C library for it.
package enum Blake3 {
  /// 64 lower-case hexadecimal digits of the file's whole content, whatever its offset.
  package static func hex(of descriptor: CInt) throws(HostToolFailure) -> String {
    // Mapped, an image of gigabytes would count as memory of this build.
    let result = try HostTool.b3sum.run(
      ["--no-names", "--no-mmap", "/dev/stdin"], input: .descriptor(descriptor))
    let text = String(decoding: result.output.filter { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    guard result.status == .exited(0), let digest = Digest(hex: text) else {
      throw HostToolFailure(.b3sum, .failed(result.status, messages: result.messages))
    }
    return digest.hex
  }

  package static func hex(ofFile path: String) throws(HostToolFailure) -> String {
    let file: Descriptor
    do {
      file = try Descriptor(opening: path, O_RDONLY)
    } catch {
      throw HostToolFailure(.b3sum, .system(error))
    }
    return try hex(of: file.raw)
  }
}
