/// The frame of a clear-signed document. gpgv verifies what is inside a frame and is silent about
/// what stands around it, so we ask for exactly one frame and nothing else (apt bug CVE-2013-1051).
enum ClearSignedFrame {
  /// Nil when the document is one frame from its first line to its last.
  static func problem(of document: [UInt8]) -> String? {
    let lines = document.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
      line in line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }
    func isFrame(_ line: ArraySlice<UInt8>, _ text: String) -> Bool {
      var line = line
      while let last = line.last, last == 32 || last == 9 { line.removeLast() }
      return line.elementsEqual(text.utf8)
    }
    guard let first = lines.first, isFrame(first, "-----BEGIN PGP SIGNED MESSAGE-----") else {
      let begins = lines.contains { isFrame($0, "-----BEGIN PGP SIGNED MESSAGE-----") }
      return begins ? "there is text before the signed part" : "it is not signed"
    }
    // Inside the signed text such a line is escaped with "- ".
    let frames = lines.indices.filter { lines[$0].starts(with: "-----".utf8) }
    guard frames.count == 3, isFrame(lines[frames[1]], "-----BEGIN PGP SIGNATURE-----"),
      isFrame(lines[frames[2]], "-----END PGP SIGNATURE-----")
    else { return "expected one signed part with one signature block" }
    let rest = lines[(frames[2] + 1)...]
    return rest.allSatisfy(\.isEmpty) ? nil : "there is text after the signed part"
  }
}
