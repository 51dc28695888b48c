/// The syntax of netrc(5), with what apt_auth.conf(5) adds to it: a machine may carry a scheme, a port
/// and a path. Words that mean nothing are passed over, as other clients do: they may be secrets.
package struct Netrc {
  package enum Dialect: Sendable {
    case netrc
    /// Without a scheme, a machine is asked over https only.
    case apt
  }

  package private(set) var entries: [HostCredentials.Entry] = []
  private let dialect: Dialect
  private var place: HostCredentials.Place?
  private var login: String?
  private var password: String?

  package init(parsing text: String, as dialect: Dialect = .netrc) {
    self.dialect = dialect
    var words = Words(text)
    while let word = words.next() {
      guard !word.isQuoted else { continue }
      switch word.text {
      case "machine":
        finish()
        place = words.next().flatMap { machine($0.text) }
      case "default":
        finish()
        place = HostCredentials.Place(host: nil, schemes: dialect == .apt ? [.https] : [.http, .https])
      case "login": login = words.next()?.text
      case "password": password = words.next()?.text
      case "account": _ = words.next()
      case "macdef": words.skipMacro()
      default: break
      }
    }
    finish()
  }

  private mutating func finish() {
    if let place, login != nil || password != nil {
      entries.append(
        HostCredentials.Entry(place, .basic(user: login ?? "", password: password ?? "")))
    }
    (place, login, password) = (nil, nil, nil)
  }

  /// "name", and in apt's files "[https://]name[:port][/path]".
  private func machine(_ text: String) -> HostCredentials.Place? {
    guard dialect == .apt else { return HostCredentials.Place(host: text) }
    var rest = text[...]
    var schemes: Set<Location.Scheme> = [.https]
    if let scheme = rest.firstRange(of: "://") {
      guard let named = Location.Scheme(rawValue: String(rest[..<scheme.lowerBound])) else { return nil }
      schemes = [named]
      rest = rest[scheme.upperBound...]
    }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    guard var place = HostCredentials.Place(String(rest[..<slash])) else { return nil }
    place.path = String(rest[slash...])
    place.schemes = schemes
    return place
  }

  /// Words as netrc(5) parts them: by white space, or in double quotes with backslashes before what
  /// would end them. A word that begins with # ends the line, unless a keyword waits for it.
  private struct Words {
    private let bytes: [UInt8]
    private var position = 0
    private var isValue = false

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func next() -> (text: String, isQuoted: Bool)? {
      while position < bytes.count {
        if Words.isSpace(bytes[position]) {
          position += 1
        } else if bytes[position] == UInt8(ascii: "#") && !isValue {
          skipLine()
        } else {
          return word()
        }
      }
      return nil
    }

    private mutating func word() -> (text: String, isQuoted: Bool) {
      var word: [UInt8] = []
      let isQuoted = bytes[position] == UInt8(ascii: "\"")
      if isQuoted { position += 1 }
      while position < bytes.count {
        let byte = bytes[position]
        if isQuoted ? byte == UInt8(ascii: "\"") : Words.isSpace(byte) { break }
        if isQuoted && byte == UInt8(ascii: "\\") && position + 1 < bytes.count { position += 1 }
        word.append(bytes[position])
        position += 1
      }
      if isQuoted { position += 1 }
      let text = String(decoding: word, as: UTF8.self)
      isValue = !isValue && !isQuoted && ["machine", "login", "password", "account"].contains(text)
      return (text, isQuoted)
    }

    /// A macro is its name and all lines up to an empty one.
    mutating func skipMacro() {
      repeat { skipLine() } while position < bytes.count && bytes[position] != UInt8(ascii: "\n")
    }

    private mutating func skipLine() {
      while position < bytes.count && bytes[position] != UInt8(ascii: "\n") { position += 1 }
      position += 1
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
  }
}
