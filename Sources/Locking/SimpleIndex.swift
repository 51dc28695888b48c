import BuildModel
import Diagnosis
import FileTree
import FoundationEssentials

/// One project's page of a Python package index, in either of its forms: JSON (PEP 691) or HTML
/// (PEP 503).
package struct SimpleIndex: Sendable, Equatable {
  package struct File: Sendable, Equatable {
    package var name: String
    /// Absolute, without fragment and credentials.
    package var url: String
    /// Nil where the index gives no SHA-256; such a file cannot be locked.
    package var sha256: Digest?
    /// Bytes; only the JSON form tells.
    package var size: Int64?
    /// Empty when any version will do.
    package var requiresPython: String
    package var isYanked: Bool
  }

  package var project: String
  package var files: [File]

  /// For the request's Accept header: JSON if the index has it.
  package static let accept =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"

  /// The address of a project's page on the index at `index`.
  package static func page(of project: String, at index: String) -> String {
    "\(index.hasSuffix("/") ? String(index.dropLast()) : index)/\(WheelName.normalized(project))/"
  }

  /// `address` is where the page came from after redirections; relative names are resolved against it.
  package init(parsing body: [UInt8], project: String, address: String) throws(Report) {
    self.project = project
    let base = WebAddress(address)
    let first = body.first { $0 > 0x20 && $0 != 0xef && $0 != 0xbb && $0 != 0xbf }
    files =
      first == UInt8(ascii: "{")
      ? try SimpleIndex.json(body, project, base)
      : SimpleIndex.html(String(decoding: body, as: UTF8.self), base)
  }

  private struct Page: Decodable {
    var files: [Entry]
    struct Entry: Decodable {
      var filename: String
      var url: String
      var hashes: [String: String]
      var size: Int64?
      var requiresPython: String?
      var yanked: Yanked?
      enum CodingKeys: String, CodingKey {
        case filename, url, hashes, size, yanked
        case requiresPython = "requires-python"
      }
    }
    /// `true`, or the reason as text.
    struct Yanked: Decodable {
      var isYanked: Bool
      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        isYanked = (try? container.decode(Bool.self)) ?? true
      }
    }
  }

  private static func json(
    _ body: [UInt8], _ project: String, _ base: WebAddress
  ) throws(Report) -> [File] {
    do {
      return try JSONDecoder().decode(Page.self, from: Data(body)).files.map { entry in
        File(
          name: entry.filename, url: base.resolve(entry.url),
          sha256: entry.hashes["sha256"].flatMap { Digest(hex: $0) }, size: entry.size,
          requiresPython: entry.requiresPython ?? "", isYanked: entry.yanked?.isYanked ?? false)
      }
    } catch {
      throw Report(
        "cannot read the index page of \(project): it is not what PEP 691 describes",
        causes: ["\(error)"])
    }
  }

  /// Every `<a href="…">name</a>`; what else the page holds does not matter.
  private static func html(_ text: String, _ base: WebAddress) -> [File] {
    var files: [File] = []
    var rest = text[...]
    while let open = rest.firstIndex(of: "<") {
      rest = rest[rest.index(after: open)...]
      guard rest.first == "a" || rest.first == "A", rest.dropFirst().first?.isWhitespace == true,
        let close = endOfTag(rest)
      else { continue }
      let attributes = HTMLAttributes(rest[..<close].dropFirst())
      rest = rest[rest.index(after: close)...]
      guard let href = attributes["href"] else { continue }
      let content = rest.prefix { $0 != "<" }
      let parts = href.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
      let digest =
        parts.count == 2 && parts[1].hasPrefix("sha256=") ? Digest(hex: parts[1].dropFirst(7)) : nil
      let name = HTMLAttributes.unescaped(content).filter { !$0.isWhitespace }
      if name.isEmpty { continue }
      files.append(
        File(
          name: name, url: base.resolve(String(parts.first ?? "")), sha256: digest, size: nil,
          requiresPython: attributes["data-requires-python"] ?? "",
          isYanked: attributes["data-yanked"] != nil))
    }
    return files
  }

  /// The `>` that ends a tag, outside quotes.
  private static func endOfTag(_ text: Substring) -> Substring.Index? {
    var quote: Character?
    for index in text.indices {
      let character = text[index]
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "\"" || character == "'" {
        quote = character
      } else if character == ">" {
        return index
      }
    }
    return nil
  }
}
