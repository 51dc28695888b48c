/// MD5, which dpkg's database records of conffiles. Nothing here relies on it.
package enum MD5 {
  package struct Hasher: ~Copyable {
    private var digest = MessageDigest(.md5)

    package init() {}

    package mutating func update(_ bytes: UnsafeRawBufferPointer) { digest.update(bytes) }

    /// 32 hexadecimal digits.
    package consuming func finish() -> String { Digest.hex(digest.finish()) }
  }
}
