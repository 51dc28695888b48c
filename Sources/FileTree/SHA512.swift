import CCrypto
import Diagnosis
import Glibc

/// SHA-512, by which npm's registries name their packages.
package enum SHA512 {
  package struct Hasher: ~Copyable {
    private let context: OpaquePointer

    package init() {
      guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha512(), nil) == 1 else {
        preconditionFailure("libcrypto has no SHA-512")
      }
      self.context = context
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
      guard bytes.count > 0 else { return }
      EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    /// 64 bytes.
    package consuming func finish() -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: 64)
      EVP_DigestFinal_ex(context, &bytes, nil)
      return bytes
    }

    deinit { EVP_MD_CTX_free(context) }
  }

  /// Of a whole file, from its beginning.
  package static func digest(ofFile descriptor: CInt, named name: String) throws(SystemFailure) -> [UInt8] {
    var hasher = Hasher()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
    defer { buffer.deallocate() }
    var offset = 0
    while true {
      let count = try system("read", name) { pread(descriptor, buffer.baseAddress!, buffer.count, offset) }
      if count == 0 { return hasher.finish() }
      hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      offset += count
    }
  }
}
