import Diagnosis

// Strict: nothing is converted, neither "4" to 4 nor 1 to true. Each returns nil when the key is absent.
extension TomlTable {
  package func string(_ key: String) throws(TomlProblem) -> String? {
    try self[key]?.string()
  }

  package func integer(_ key: String) throws(TomlProblem) -> Int64? {
    try self[key]?.integer()
  }

  package func boolean(_ key: String) throws(TomlProblem) -> Bool? {
    try self[key]?.boolean()
  }

  package func strings(_ key: String) throws(TomlProblem) -> [Located<String>]? {
    try self[key]?.strings()
  }

  package func table(_ key: String) throws(TomlProblem) -> TomlTable? {
    try self[key]?.table()
  }

  /// A list of tables, as `[[key]]` or inline; empty when absent.
  package func tables(_ key: String) throws(TomlProblem) -> [TomlTable] {
    guard let value = self[key] else { return [] }
    guard case .array(let elements) = value.content else { throw value.mismatch("a list of tables") }
    var tables: [TomlTable] = []
    for element in elements { tables.append(try element.table()) }
    return tables
  }
}

extension TomlValue {
  package func string() throws(TomlProblem) -> String {
    guard case .string(let text) = content else { throw mismatch("a string") }
    return text
  }

  package func integer() throws(TomlProblem) -> Int64 {
    guard case .integer(let number) = content else { throw mismatch("an integer") }
    return number
  }

  package func boolean() throws(TomlProblem) -> Bool {
    guard case .boolean(let flag) = content else { throw mismatch("true or false") }
    return flag
  }

  package func table() throws(TomlProblem) -> TomlTable {
    guard case .table(let table) = content else { throw mismatch("a table") }
    return table
  }

  package func strings() throws(TomlProblem) -> [Located<String>] {
    guard case .array(let elements) = content else { throw mismatch("a list of strings") }
    var texts: [Located<String>] = []
    for element in elements { texts.append(Located(try element.string(), at: element.position)) }
    return texts
  }

  package func mismatch(_ expected: String) -> TomlProblem {
    TomlProblem("expected \(expected), found \(kind)", at: position)
  }
}
