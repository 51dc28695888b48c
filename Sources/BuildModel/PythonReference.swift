import FileTree

/// A requirement that names a file in the place of versions (PEP 508):
/// "name[extra] @ https://host/name-1.0-py3-none-any.whl#sha256=… ; marker".
package struct PythonReference: Sendable, Equatable {
  /// As indexes compare it (PEP 503).
  package var name: String
  /// "name[extra]", as written.
  package var subject: String
  /// Without its fragment.
  package var address: String
  /// Of the fragment `sha256=…`.
  package var sha256: Digest?
  /// Empty when it is needed everywhere.
  package var marker: String

  /// Nil for a requirement that names no file.
  package init?(_ requirement: String) {
    guard let at = requirement.firstIndex(of: "@") else { return nil }
    let subject = requirement[..<at].split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let name = subject.prefix { $0 != "[" && $0 != " " }
    guard let first = name.first, first.isLetter || first.isNumber,
      !subject.contains(where: { "<>=!~;(\"'".contains($0) })
    else { return nil }
    let rest = requirement[requirement.index(after: at)...].drop(while: \.isWhitespace)
    let whole = rest.prefix { !$0.isWhitespace }
    guard let colon = whole.firstIndex(of: ":"), whole[..<colon].allSatisfy(\.isLetter) else { return nil }
    self.name = WheelName.normalized(name)
    self.subject = subject
    let parts = whole.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    address = String(parts[0])
    let fragments = parts.count == 2 ? parts[1].split(separator: "&") : []
    sha256 = fragments.first { $0.hasPrefix("sha256=") }.flatMap { Digest(hex: $0.dropFirst(7)) }
    let tail = rest.dropFirst(whole.count).drop { $0.isWhitespace || $0 == ";" }
    marker = String(tail)
  }

  /// Whether it is a file of the machine, and not an address of the web.
  package var isLocal: Bool { address.hasPrefix("file:") }

  /// Of a file below the guest directory: "wheels/name-1.0-py3-none-any.whl". Nil for any other.
  package var guestPath: String? { PythonReference.guestPath(of: address) }

  /// "name-1.0-py3-none-any.whl"
  package var file: String {
    let last = address.prefix { $0 != "?" }.split(separator: "/").last ?? ""
    let name = last.hasPrefix("file:") ? last.dropFirst("file:".count) : last
    return PythonReference.decoded(name)
  }

  /// With another address and digest.
  package func text(address: String, sha256: Digest?) -> String {
    let fragment = sha256.map { "#sha256=\($0)" } ?? ""
    return "\(subject) @ \(address)\(fragment)" + (marker.isEmpty ? "" : " ; \(marker)")
  }

  /// The name that any requirement begins with, as indexes compare it.
  package static func name(of requirement: String) -> String {
    let letters = requirement.drop(while: \.isWhitespace).prefix {
      $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == ".")
    }
    return WheelName.normalized(letters)
  }

  /// `file:` and a path that begins below the guest directory and stays there.
  package static func guestPath(of address: String) -> String? {
    guard address.hasPrefix("file:") else { return nil }
    let path = String(address.dropFirst("file:".count))
    guard let normal = TreePath(path), !normal.isRoot, normal.bytes.elementsEqual(path.utf8) else {
      return nil
    }
    return path
  }

  /// `%2B` is a `+`: versions with a local part have one.
  package static func decoded(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension LockedWheel {
  /// Where it lies below the guest directory, if that is where it comes from.
  package var guestPath: String? { PythonReference.guestPath(of: url) }

  /// A source distribution: its wheel is built in the sandbox.
  package var isSource: Bool { !file.hasSuffix(".whl") }

  /// Of what is there while its wheel is built.
  package var buildEnvironment: String { "build:\(environment):\(name)" }
}
