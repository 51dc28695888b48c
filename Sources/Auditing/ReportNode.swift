import Json

/// A place in a report. Asking it for something that does not stand there names the place. Absent is
/// what is `null`, too: scanners written in Go write a list without elements so.
struct ReportNode {
  private let value: JSONValue
  private let path: String

  init(_ document: JSONValue) { self.init(document, at: "") }

  private init(_ value: JSONValue, at path: String) {
    self.value = value
    self.path = path
  }

  var isAbsent: Bool { value.isNull }

  /// An absent object has absent members.
  subscript(name: String) -> ReportNode {
    get throws(ReportMismatch) {
      if !isAbsent { try requireObject() }
      return ReportNode(value[name] ?? .null, at: path.isEmpty ? name : "\(path).\(name)")
    }
  }

  /// None of an absent list.
  var elements: [ReportNode] {
    get throws(ReportMismatch) {
      if isAbsent { return [] }
      guard let elements = value.array else { throw mismatch("a list") }
      return elements.enumerated().map { ReportNode($1, at: "\(path)[\($0)]") }
    }
  }

  /// The elements of a list of objects.
  var objects: [ReportNode] {
    get throws(ReportMismatch) {
      let elements = try elements
      for element in elements { try element.requireObject() }
      return elements
    }
  }

  private func requireObject() throws(ReportMismatch) {
    guard case .object = value else { throw mismatch("an object") }
  }

  var text: String {
    get throws(ReportMismatch) {
      guard let text = value.string else { throw mismatch("text") }
      return text
    }
  }

  /// Empty when absent.
  var optionalText: String {
    get throws(ReportMismatch) { isAbsent ? "" : try text }
  }

  func mismatch(_ expected: String) -> ReportMismatch {
    let found = value.string.map { "\"\($0.prefix(60))\"" } ?? value.kind
    return ReportMismatch(path: path, expected: expected, found: found)
  }
}

/// What a report holds where its scanner would have written something else.
struct ReportMismatch: Error {
  /// "Results[0].Vulnerabilities[2].Severity"
  var path: String
  var expected: String
  var found: String
}
