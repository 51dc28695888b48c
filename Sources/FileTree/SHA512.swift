import Diagnosis

/// SHA-512, by which npm's registries name their packages.
package enum SHA512 {
  /// 64 bytes, of a whole file from its beginning; `name` stands in errors.
  package static func digest(ofFile descriptor: CInt, named name: String) throws(SystemFailure) -> [UInt8] {
    var digest = MessageDigest(.sha512)
    try readPieces(of: descriptor, named: name) { piece, _ throws(SystemFailure) in digest.update(piece) }
    return digest.finish()
  }
}
