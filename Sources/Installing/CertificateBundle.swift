import Diagnosis
import FileTree

/// Adds a certificate authority to the copies of certifi in the system's module directories. Comes
/// after every wheel, for a resolver may have replaced certifi.
package struct CertificateBundle: Sendable {
  private let certificate: String

  /// `certificate` is PEM, and pure ASCII: certifi reads its bundle so.
  package init(certificate bytes: [UInt8]) throws(Report) {
    let text = String(decoding: bytes, as: UTF8.self).trimmed
    guard bytes.allSatisfy({ $0 < 0x80 }) else {
      throw Report("cannot use the CA certificate: expected ASCII, found other bytes")
    }
    guard text.hasPrefix("-----BEGIN CERTIFICATE-----"), text.hasSuffix("-----END CERTIFICATE-----") else {
      throw Report("cannot use the CA certificate: expected one in PEM form")
    }
    certificate = text.split(whereSeparator: \.isNewline).map { $0.trimmed }.joined(separator: "\n")
  }

  /// Patches each `certifi/cacert.pem` that a wheel installed below `modules`, and its row in RECORD.
  /// Returns what was changed; a bundle that has the certificate already stays as it is. `root` stays
  /// the caller's.
  @discardableResult
  package func add(to modules: [TreePath], in root: CInt, label: String, modified: Timestamp) throws
    -> [TreePath]
  {
    var writer = TreeWriter(root: root)
    var changed: [TreePath] = []
    for directory in modules {
      let path = directory.appending("certifi/cacert.pem".utf8)
      guard let bytes = try writer.read(path) else { continue }
      let bundle = String(decoding: bytes, as: UTF8.self)
      if bundle.contains(certificate) { continue }
      let patched = Array((bundle + "\n# Label: \"\(label)\"\n\(certificate)\n").utf8)
      try writer.replaceFile(path, with: patched, modified: modified)
      try writer.setTime(modified, of: path.parent)
      try rewriteRecord(in: directory, content: patched, &writer, modified)
      changed.append(path)
    }
    return changed
  }

  private func rewriteRecord(
    in modules: TreePath, content: [UInt8], _ writer: inout TreeWriter, _ modified: Timestamp
  ) throws {
    for name in try writer.list(modules) {
      let text = String(decoding: name, as: UTF8.self)
      guard text.hasPrefix("certifi-"), text.hasSuffix(".dist-info") else { continue }
      let path = modules.appending(name).appending("RECORD".utf8)
      guard let bytes = try writer.read(path) else { continue }
      var record = try WheelRecord(parsing: bytes, wheel: text)
      guard let row = record.rows.firstIndex(where: { $0.path == "certifi/cacert.pem" }) else {
        throw Report("cannot patch certifi: \(path) has no row for certifi/cacert.pem")
      }
      record.rows[row].digest = Digest(of: content)
      record.rows[row].size = Int64(content.count)
      try writer.replaceFile(path, with: Array(record.text.utf8), modified: modified)
      try writer.setTime(modified, of: path.parent)
    }
  }
}
