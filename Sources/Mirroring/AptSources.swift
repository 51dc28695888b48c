import FileTree

/// `capsem.sources`: the mirror as an apt client reads it (deb822, sources.list(5)).
struct AptSources {
  static let name = "capsem.sources"

  var suites: [MirroredSuite]
  /// Address of the mirror's directory, without a slash at its end: "file:/srv/mirror".
  var address: String
  /// Content of the keyrings, by path.
  var keyrings: [String: [UInt8]]

  /// The keys stand in it, so that this one file is all that a client needs, wherever it is.
  var text: String {
    var text = """
      # Written by capsem-native mirror. Everything here is checked against the archives' own signatures;
      # they date from when the mirror's content was locked, hence no Valid-Until.

      """
    for stanza in stanzas {
      let first = stanza[0]
      text += """

        Types: deb
        URIs: \(AptSources.encode("\(address)/\(first.root)"))
        Suites: \(stanza.map(\.suite).joined(separator: " "))
        Components: \(first.components.joined(separator: " "))
        Architectures: \(first.architectures.joined(separator: " "))
        Languages: none
        Targets: Packages
        PDiffs: no
        Check-Valid-Until: no
        Signed-By:
        \(KeyBlock(keyrings[first.keyring] ?? []).field)

        """
    }
    return text
  }

  /// Suites that differ in nothing else are one stanza.
  private var stanzas: [[MirroredSuite]] {
    var stanzas: [[MirroredSuite]] = []
    for suite in suites {
      var alike = suite
      if let last = stanzas.indices.last {
        let first = stanzas[last][0]
        if keyrings[suite.keyring] == keyrings[first.keyring] { alike.keyring = first.keyring }
        alike.suite = first.suite
        if alike == first {
          stanzas[last].append(suite)
          continue
        }
      }
      stanzas.append([suite])
    }
    return stanzas
  }

  /// What apt would take for the end of the address, or for one of its own escapes.
  private static func encode(_ address: String) -> String {
    var text = ""
    for byte in address.utf8 {
      switch byte {
      case 0x21...0x24, 0x26...0x5a, 0x5c, 0x5e...0x7e: text.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: "%") where address.hasPrefix("http"): text += "%"
      default: text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    return text
  }
}

/// Public keys in OpenPGP's ASCII armour (RFC 9580, section 6).
struct KeyBlock {
  private var armour: String

  /// `keyring` is binary, or armoured already.
  init(_ keyring: [UInt8]) {
    armour =
      keyring.first.map { $0 < 0x80 } ?? false
      ? String(decoding: keyring, as: UTF8.self) : KeyBlock.armoured(keyring)
  }

  /// As the continuation lines of a deb822 field.
  var field: String {
    armour.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let text = line.last == "\r" ? line.dropLast() : line
      return text.isEmpty ? " ." : " \(text)"
    }.joined(separator: "\n")
  }

  private static func armoured(_ bytes: [UInt8]) -> String {
    let base64 = Array(Base64.standard.text(of: bytes))
    var text = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n"
    for start in stride(from: 0, to: base64.count, by: 64) {
      text += String(base64[start..<min(start + 64, base64.count)]) + "\n"
    }
    let sum = checksum(bytes)
    text += "=" + Base64.standard.text(of: [UInt8(sum >> 16 & 255), UInt8(sum >> 8 & 255), UInt8(sum & 255)])
    return text + "\n-----END PGP PUBLIC KEY BLOCK-----"
  }

  /// CRC-24 as OpenPGP has it.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum: UInt32 = 0xb704ce
    for byte in bytes {
      sum ^= UInt32(byte) << 16
      for _ in 0..<8 {
        sum <<= 1
        if sum & 0x1000000 != 0 { sum ^= 0x1864cfb }
      }
    }
    return sum & 0xffffff
  }
}
