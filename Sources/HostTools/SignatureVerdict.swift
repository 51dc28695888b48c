/// gpgv's status lines (doc/DETAILS of GnuPG), read as apt reads them: one good signature suffices,
/// one bad one spoils all, and signatures by unknown keys say nothing.
struct SignatureVerdict {
  /// Primary fingerprints.
  private(set) var good: [String] = []
  private(set) var bad: [String] = []
  /// Signatures that do not count, each with its reason.
  private(set) var others: [String] = []
  /// How many signed texts there were.
  private(set) var texts = 0

  /// What gpgv said about one signature, up to the next NEWSIG.
  private struct Signature {
    var isGood = false
    var objection: String?
    var primary: String?
    var signer = ""
  }

  init(_ report: String, allowed: Set<String>?) {
    var current: Signature?
    for line in report.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      guard words.count >= 2, words[0] == "[GNUPG:]" else { continue }
      let name = words.dropFirst(3).joined(separator: " ")
      switch words[1] {
      case "PLAINTEXT": texts += 1
      case "NEWSIG":
        settle(current, allowed)
        current = Signature()
      case "GOODSIG":
        current?.isGood = true
        current?.signer = name
      case "VALIDSIG": read(words, into: &current)
      case "BADSIG": bad.append("bad signature by \(name)")
      case "EXPSIG": current?.objection = "signature by \(name) has expired"
      case "EXPKEYSIG": current?.objection = "key of \(name) has expired"
      case "REVKEYSIG": current?.objection = "key of \(name) was revoked"
      case "NO_PUBKEY": current?.objection = "key \(words.dropFirst(2).first ?? "?") is not in the keyring"
      case "ERRSIG" where current?.objection == nil:
        current?.objection = "signature by key \(words.dropFirst(2).first ?? "?") cannot be checked"
      case "NODATA": others.append("there is no signature")
      default: break
      }
    }
    settle(current, allowed)
  }

  /// `VALIDSIG <fingerprint> <date> <time> <expiry> <version> <reserved> <key algorithm>
  /// <hash algorithm> <class> <primary fingerprint>`
  private func read(_ words: [String], into signature: inout Signature?) {
    guard words.count >= 12 else { return }
    signature?.primary = words[11]
    // SHA-256, SHA-384, SHA-512, SHA-224, as in apt's methods/gpgv.cc.
    guard ["8", "9", "10", "11"].contains(words[9]) else {
      let names = ["1": "MD5", "2": "SHA-1", "3": "RIPEMD-160"]
      signature?.objection = "signature uses \(names[words[9]] ?? "digest \(words[9])"), which is too weak"
      return
    }
  }

  private mutating func settle(_ signature: Signature?, _ allowed: Set<String>?) {
    guard let signature else { return }
    if let objection = signature.objection {
      others.append(objection)
    } else if signature.isGood, let primary = signature.primary {
      if let allowed, !allowed.contains(primary) {
        others.append("key \(primary) is not one of those that were named")
      } else {
        good.append(primary)
      }
    }
  }
}
