import Diagnosis
import FileTree

extension HostTool {
  package static let gpgv = HostTool("gpgv", package: "gpgv")
}

/// What a verified document says, and who said it.
package struct SignedDocument: Sendable, Equatable {
  /// The signed text, without the signature's frame. Only this may be parsed.
  package var payload: [UInt8]
  /// Primary keys' fingerprints of the good signatures, sorted, without doubles.
  package var fingerprints: [String]
}

/// Checks clear-signed documents against one keyring, with gpgv.
package struct SignatureVerifier: Sendable {
  /// A binary keyring such as Debian's archive keyring; absolute.
  package var keyring: String
  /// When not nil, only these primary keys of the keyring count.
  package var fingerprints: Set<String>?

  package init(keyring: String, fingerprints: Set<String>? = nil) {
    self.keyring = keyring
    self.fingerprints = fingerprints
  }

  /// `name` stands in the error. gpgv judges the keys' expiry by the host's clock.
  package func verify(_ document: [UInt8], named name: String) throws(SignatureRefusal) -> SignedDocument {
    if let problem = ClearSignedFrame.problem(of: document) { throw SignatureRefusal(name, .frame(problem)) }
    let result: HostTool.Result
    do {
      try checkKeyring()
      // gpgv would read ~/.gnupg otherwise, and looks there for a keyring's name without a slash.
      result = try HostTool.gpgv.run(
        ["--homedir", "/nonexistent", "--keyring", keyring, "--status-fd", "3", "--output", "-", "-"],
        environment: ["LC_ALL": "C"], input: .bytes(document), reporting: true)
    } catch let failure as any Diagnosable {
      throw SignatureRefusal(name, .tool(Report(of: failure)))
    } catch {
      preconditionFailure("\(error)")
    }
    let verdict = SignatureVerdict(String(decoding: result.report, as: UTF8.self), allowed: fingerprints)
    guard verdict.bad.isEmpty else { throw SignatureRefusal(name, .altered(verdict.bad)) }
    guard !verdict.good.isEmpty, verdict.texts == 1 else {
      throw SignatureRefusal(name, .noGoodSignature(verdict.others, keyring: keyring))
    }
    var payload = result.output
    // The line break before the signature belongs to the frame; a text file ends with one all the same.
    if payload.last != UInt8(ascii: "\n") { payload.append(UInt8(ascii: "\n")) }
    return SignedDocument(payload: payload, fingerprints: Set(verdict.good).sorted())
  }

  /// Throws why the keyring cannot be one that gpgv reads.
  package func checkKeyring() throws {
    guard keyring.hasPrefix("/") else { throw Report("cannot read keyring \(keyring): not an absolute path") }
    let file = try Descriptor(opening: keyring, 0)
    let bytes = try readAll(file.raw, named: keyring)
    if bytes.isEmpty { throw Report("cannot read keyring \(keyring): it is empty") }
    if bytes.starts(with: "-----BEGIN PGP".utf8) {
      throw Report(
        "cannot read keyring \(keyring): expected a binary keyring, found an armoured one",
        hints: ["gpg --dearmor < \(keyring) > KEYRING.gpg, and name that file"])
    }
  }
}

/// Why a signed document is not believed.
package struct SignatureRefusal: Diagnosable, Equatable {
  package var document: String
  package var cause: Cause

  package enum Cause: Error, Equatable {
    case frame(String)
    /// A signature by one of our keys over another text.
    case altered([String])
    case noGoodSignature([String], keyring: String)
    case tool(Report)
  }

  init(_ document: String, _ cause: Cause) {
    self.document = document
    self.cause = cause
  }

  package var summary: String {
    switch cause {
    case .frame(let why): "cannot verify \(document): \(why)"
    case .altered: "cannot verify \(document): it was changed after it was signed"
    case .noGoodSignature(_, let keyring):
      "cannot verify \(document): expected a good signature by a key of \(keyring), found none"
    case .tool(let report): "cannot verify \(document): \(report.summary)"
    }
  }

  package var causes: [String] {
    switch cause {
    case .altered(let lines), .noGoodSignature(let lines, _): lines
    case .tool(let report): report.causes
    case .frame: []
    }
  }

  package var hints: [String] {
    switch cause {
    case .noGoodSignature: ["name the archive's keyring in [build.apt] keyring"]
    case .tool(let report): report.hints
    case .altered, .frame: ["a proxy or a broken mirror may be in between; name another mirror"]
    }
  }
}
