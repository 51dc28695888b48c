/// A place in a text file that a person wrote. Lines and columns count from 1, columns in Unicode
/// scalars, as editors do; line 0 is the file as a whole.
package struct SourcePosition: Hashable, Sendable, Codable {
  /// As reachable from where the program runs: "guest/config/build.toml".
  package var file: String
  package var line: Int
  package var column: Int

  package init(file: String, line: Int = 1, column: Int = 1) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// A file that is missing, or that something is wrong with as a whole.
  package init(wholeFile file: String) { self.init(file: file, line: 0, column: 0) }

  package var isWholeFile: Bool { line == 0 }
}

extension SourcePosition: Comparable {
  package static func < (a: SourcePosition, b: SourcePosition) -> Bool {
    (a.file, a.line, a.column) < (b.file, b.line, b.column)
  }
}

extension SourcePosition: CustomStringConvertible {
  package var description: String { isWholeFile ? file : "\(file):\(line):\(column)" }
}

/// A value with the place where it was written, for the errors of later stages.
package struct Located<Value> {
  package var value: Value
  package var position: SourcePosition

  package init(_ value: Value, at position: SourcePosition) {
    self.value = value
    self.position = position
  }
}

extension Located: Sendable where Value: Sendable {}
extension Located: Equatable where Value: Equatable {}
extension Located: Hashable where Value: Hashable {}
extension Located: Codable where Value: Codable {}
