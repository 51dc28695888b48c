import BuildModel
import Diagnosis
import FileTree
import Toml

/// What is noticed while the files are read.
final class Journal {
  var problems: [GuestConfigProblem] = []
  /// Where the keys stand that were asked for; every other key of a file is ignored.
  var asked: Set<SourcePosition> = []
  var keys: [ConfigKey] = []
  /// Of directories whose files share their names: where each table is in its list, and where it was
  /// written first.
  var tables: [TableName: (index: Int, first: SourcePosition)] = [:]

  struct TableName: Hashable {
    var kind: ReplacedTable.Kind
    var key: String
  }
}

/// One table of the config, read key by key into values that hold the defaults beforehand. A wrong value
/// is noted in the journal and leaves the default, so that one run finds all problems.
///
/// Without a table it lists keys instead: each question becomes a `ConfigKey`.
struct Section {
  let table: TomlTable?
  /// "build.architectures.arm64"; empty for a whole file.
  let path: String
  /// The name that the table is known by, with its position.
  let name: Located<String>
  let file: ConfigFile
  let journal: Journal

  init(_ table: TomlTable, of file: ConfigFile, in journal: Journal) {
    self.init(table: table, path: "", name: Located("", at: table.position), of: file, in: journal)
  }

  init(listing path: String, of file: ConfigFile, in journal: Journal) {
    let name = Located("", at: SourcePosition(file: ""))
    self.init(table: nil, path: path, name: name, of: file, in: journal)
  }

  private init(
    table: TomlTable?, path: String, name: Located<String>, of file: ConfigFile, in journal: Journal
  ) {
    self.table = table
    self.path = path
    self.name = name
    self.file = file
    self.journal = journal
  }

  /// Of the table's name, which is where an error about the whole of it points.
  var position: SourcePosition { name.position }

  func path(to key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  func fail(
    as kind: GuestConfigProblem.Kind = .value, at position: SourcePosition? = nil, key: String? = nil,
    _ reason: String, hint: String? = nil
  ) {
    let key = key.map(path(to:)) ?? path
    journal.problems.append(
      GuestConfigProblem(kind, at: position ?? self.position, key: key, reason, hint: hint))
  }

  /// Where the value of `key` stands, or the table when it is absent.
  func position(of key: String) -> SourcePosition { table?[key]?.position ?? position }

  /// Hands the value of `key` to `take`; notes what `take` throws.
  func read(
    _ key: String, type: String, fallback: String, required: Bool = false,
    _ take: (TomlValue) throws(TomlProblem) -> Void
  ) {
    guard let table else {
      journal.keys.append(
        ConfigKey(
          file: file.pattern, path: path(to: key), type: type,
          fallback: required ? "required" : fallback))
      return
    }
    guard let entry = table.entry(key) else {
      if required { fail(key: key, "missing, expected \(type)") }
      return
    }
    journal.asked.insert(entry.keyPosition)
    do throws(TomlProblem) {
      try take(entry.value)
    } catch {
      fail(as: key == "manager" ? .manager : .value, at: error.position, key: key, error.reason)
    }
  }

  // MARK: Tables

  /// The table `key`, or nil when it is absent.
  func section(_ key: String, required: Bool = false) -> Section? {
    var section: Section?
    if table == nil { section = Section(listing: path(to: key), of: file, in: journal) }
    read(key, type: "table", fallback: "none", required: required) { value throws(TomlProblem) in
      section = self.section(key, try value.table(), at: table?.entry(key)?.keyPosition ?? value.position)
    }
    return section
  }

  /// All tables in the table `key`, whose names are free; `placeholder` stands for them in lists.
  func sections(_ key: String, placeholder: String, required: Bool = false) -> [Section] {
    if table == nil { read(key, type: "table of tables", fallback: "none", required: required) { _ in } }
    guard table != nil else {
      return [Section(listing: path(to: "\(key).\(placeholder)"), of: file, in: journal)]
    }
    var all: Section?
    read(key, type: "table of tables", fallback: "none", required: required) { value throws(TomlProblem) in
      all = section(key, try value.table(), at: value.position)
    }
    return all?.sections(placeholder: placeholder) ?? []
  }

  /// All entries of this table, as tables.
  func sections(placeholder: String) -> [Section] {
    guard let table else { return [Section(listing: path(to: placeholder), of: file, in: journal)] }
    var sections: [Section] = []
    for entry in table.entries {
      journal.asked.insert(entry.keyPosition)
      do throws(TomlProblem) {
        sections.append(section(entry.key, try entry.value.table(), at: entry.keyPosition))
      } catch {
        fail(at: error.position, key: entry.key, error.reason)
      }
    }
    return sections
  }

  /// A list of tables, as `[[key]]` writes it.
  func list(_ key: String) -> [Section] {
    var sections: [Section] = []
    if table == nil { sections = [Section(listing: path(to: key), of: file, in: journal)] }
    read(key, type: "list of tables", fallback: "none") { value throws(TomlProblem) in
      guard case .array(let elements) = value.content else { throw value.mismatch("a list of tables") }
      for element in elements {
        sections.append(section(key, try element.table(), at: element.position))
      }
    }
    return sections
  }

  private func section(_ key: String, _ table: TomlTable, at position: SourcePosition) -> Section {
    Section(
      table: table, path: path(to: key), name: Located(key, at: position), of: file, in: journal)
  }
}
