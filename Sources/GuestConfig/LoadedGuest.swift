import BuildModel
import Diagnosis
import Toml

/// `GUEST/config` as far as it could be read: the configuration, all problems, and the text behind both.
package struct LoadedGuest: Sendable {
  /// Where a problem stands, the default is in the value's place, or the entry is missing: see `isSound`.
  package private(set) var configuration: GuestConfiguration
  /// Of all files that are read, in the order of loading.
  package private(set) var problems: [GuestConfigProblem] = []
  /// Other `*.toml` files below `config/`, sorted. Nothing reads them.
  package private(set) var strays: [StrayFile] = []
  /// Paths of the files that are read, whether or not they could be.
  package private(set) var files: [String] = []
  private var documents: [String: Document] = [:]
  /// Keys of problems by file.
  private var faults: [String: [String]] = [:]

  private struct Document: Sendable {
    var bytes: [UInt8]
    var root: TomlTable?
  }

  package struct StrayFile: Sendable, Equatable {
    /// "guest/config/web.toml"
    package var path: String
    /// Set when it is not even TOML.
    package var problem: GuestConfigProblem?
  }

  /// Reads everything, and goes on after each problem.
  package init(loading guest: String) {
    configuration = GuestConfiguration(directory: guest)
    let directory = ConfigDirectory(path: configuration.configDirectory)
    let journal = Journal()
    if directory.exists {
      for file in ConfigFile.allCases { read(file, of: directory, in: journal) }
      findStrays(in: directory, known: journal.problems)
    } else {
      journal.problems.append(
        GuestConfigProblem(
          .missing, at: SourcePosition(wholeFile: directory.path), "no such directory",
          hint: "`capsem-native init \(guest)` writes a first config"))
    }
    problems = journal.problems
    for problem in problems { faults[problem.position.file, default: []].append(problem.key) }
  }

  private mutating func read(_ file: ConfigFile, of directory: ConfigDirectory, in journal: Journal) {
    do throws(GuestConfigProblem) {
      for path in try directory.files(of: file) {
        files.append(path)
        do throws(GuestConfigProblem) {
          let root = try parse(path, in: directory)
          file.decode(Section(root, of: file, in: journal), into: &configuration)
          root.collectIgnored(below: "", except: journal.asked, into: &configuration.ignored)
        } catch {
          journal.problems.append(error)
        }
      }
    } catch {
      journal.problems.append(error)
    }
  }

  private mutating func findStrays(in directory: ConfigDirectory, known: [GuestConfigProblem]) {
    let read = Set(files)
    let all = directory.allTomlFiles()
    for problem in all.unlisted where !known.contains(problem) {
      strays.append(StrayFile(path: problem.position.file, problem: problem))
    }
    for path in all.paths where !read.contains(path) {
      do throws(GuestConfigProblem) {
        _ = try parse(path, in: directory)
        strays.append(StrayFile(path: path))
      } catch {
        strays.append(StrayFile(path: path, problem: error))
      }
    }
  }

  private mutating func parse(_ path: String, in directory: ConfigDirectory) throws(GuestConfigProblem)
    -> TomlTable
  {
    let bytes = try directory.read(path)
    documents[path] = Document(bytes: bytes)
    do throws(TomlProblem) {
      let root = try TomlDocument(parsing: bytes, file: path).root
      documents[path]?.root = root
      return root
    } catch {
      throw GuestConfigProblem(.syntax, at: error.position, error.reason)
    }
  }

  // MARK: Looking things up

  /// Whether nothing is wrong with `key` itself, what it is part of and what is part of it, so that its
  /// absence means something. `file` is a path as positions have it.
  package func isSound(_ key: String, in file: String) -> Bool {
    (faults[file] ?? []).allSatisfy { fault in
      !(fault.isEmpty || fault == key || key.hasPrefix(fault + ".") || fault.hasPrefix(key + "."))
    }
  }

  /// Whether every file of a directory below `config/` could be read: "packages".
  package func isComplete(_ directory: String) -> Bool {
    let prefix = "\(configuration.configDirectory)/\(directory)"
    return faults.allSatisfy { file, keys in
      !(file == prefix || file.hasPrefix(prefix + "/")) || !keys.contains("")
    }
  }

  /// Where the value stands that these keys lead to, or the name when it is a table; where it is absent,
  /// the place of the table that lacks it, and at last the file.
  package func position(of keys: String..., in file: String) -> SourcePosition {
    var position = SourcePosition(wholeFile: file)
    guard var table = documents[file]?.root else { return position }
    for key in keys {
      guard let entry = table.entry(key) else { return position }
      guard case .table(let inner) = entry.value.content else { return entry.value.position }
      position = entry.keyPosition
      table = inner
    }
    return position
  }

  /// Where a byte of a string stands, or the string when it is written with escapes.
  package func position(ofByte offset: Int, of content: String, writtenAt start: SourcePosition)
    -> SourcePosition
  {
    guard let bytes = text(of: start.file), var here = bytes.index(of: start) else { return start }
    var position = start
    func take(_ text: String) -> Bool {
      guard bytes[here...].starts(with: text.utf8) else { return false }
      here += text.utf8.count
      for byte in text.utf8 { position.advance(over: byte) }
      return true
    }
    if take("'''") || take("\"\"\"") {
      _ = take("\r\n") || take("\n")
    } else {
      _ = take("'") || take("\"")
    }
    guard bytes[here...].starts(with: content.utf8) else { return start }
    for byte in content.utf8.prefix(offset) { position.advance(over: byte) }
    return position
  }

  /// The content of a file that was read.
  package func text(of file: String) -> [UInt8]? { documents[file]?.bytes }
}

extension GuestConfiguration {
  /// Reads `GUEST/config`. Only `build.toml` has to exist; an absent file leaves the defaults. Files of a
  /// directory are read in the order of their names, and a table that two of them write counts as the
  /// later one writes it. Unknown keys are ignored, and listed in `ignored`. Nothing is converted: "4" is
  /// not a number. Throws every problem that it finds, of all files.
  package init(loading guest: String) throws(GuestConfigError) {
    let loaded = LoadedGuest(loading: guest)
    if !loaded.problems.isEmpty { throw loaded.error }
    self = loaded.configuration
  }
}

extension LoadedGuest {
  /// All problems as one error.
  package var error: GuestConfigError {
    GuestConfigError(directory: configuration.configDirectory, problems: problems)
  }
}

extension TomlTable {
  fileprivate func collectIgnored(
    below path: String, except asked: Set<SourcePosition>, into ignored: inout [Located<String>]
  ) {
    for entry in entries {
      let key = path.isEmpty ? entry.key : "\(path).\(entry.key)"
      guard asked.contains(entry.keyPosition) else {
        ignored.append(Located(key, at: entry.keyPosition))
        continue
      }
      switch entry.value.content {
      case .table(let table): table.collectIgnored(below: key, except: asked, into: &ignored)
      case .array(let elements):
        for case .table(let table) in elements.map(\.content) {
          table.collectIgnored(below: key, except: asked, into: &ignored)
        }
      default: break
      }
    }
  }
}

extension SourcePosition {
  fileprivate mutating func advance(over byte: UInt8) {
    if byte == UInt8(ascii: "\n") {
      (line, column) = (line + 1, 1)
    } else if byte & 0xC0 != 0x80 {
      column += 1
    }
  }
}

extension [UInt8] {
  /// Nil when the text does not reach that far.
  fileprivate func index(of position: SourcePosition) -> Int? {
    var place = SourcePosition(file: position.file)
    for index in indices {
      // The first byte of a character, not one that follows.
      if place >= position, self[index] & 0xC0 != 0x80 { return index }
      place.advance(over: self[index])
    }
    return nil
  }
}
