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
  private var texts: [String: ConfigText] = [:]
  private var faults: [String: Faults] = [:]

  /// The problems of one file.
  private struct Faults: Sendable {
    var keys: Set<String> = []
    /// What those keys are part of, and they themselves.
    var prefixes: Set<String> = []
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
    var files: Set<String> = []
    if directory.exists {
      for file in ConfigFile.allCases { files.formUnion(read(file, of: directory, in: journal)) }
      findStrays(in: directory, beside: files, known: journal.problems)
    } else {
      journal.problems.append(
        GuestConfigProblem(
          .missing, at: SourcePosition(wholeFile: directory.path), "no such directory",
          hint: "`capsem-native init \(guest)` writes a first config"))
    }
    problems = journal.problems
    for problem in problems {
      faults[problem.position.file, default: Faults()].keys.insert(problem.key)
      faults[problem.position.file]?.prefixes.formUnion(prefixes(of: problem.key))
    }
  }

  /// Returns the paths of the files that there are.
  private mutating func read(_ file: ConfigFile, of directory: ConfigDirectory, in journal: Journal)
    -> [String]
  {
    do throws(GuestConfigProblem) {
      let paths = try directory.files(of: file)
      for path in paths {
        do throws(GuestConfigProblem) {
          let root = try parse(path, in: directory)
          file.decode(Section(root, of: file, in: journal), into: &configuration)
          root.collectIgnored(below: "", except: journal.asked, into: &configuration.ignored)
        } catch {
          journal.problems.append(error)
        }
      }
      return paths
    } catch {
      journal.problems.append(error)
      return []
    }
  }

  private mutating func findStrays(
    in directory: ConfigDirectory, beside files: Set<String>, known: [GuestConfigProblem]
  ) {
    let all = directory.allTomlFiles()
    for problem in all.unlisted where !known.contains(problem) {
      strays.append(StrayFile(path: problem.position.file, problem: problem))
    }
    for path in all.paths where !files.contains(path) {
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
    var text = ConfigText(try directory.read(path), of: path)
    defer { texts[path] = text }
    do throws(TomlProblem) {
      return try text.parse()
    } catch {
      throw GuestConfigProblem(.syntax, at: error.position, error.reason)
    }
  }

  // MARK: Looking things up

  /// Whether nothing is wrong with `key` itself, what it is part of and what is part of it, so that its
  /// absence means something. `file` is a path as positions have it.
  package func isSound(_ key: String, in file: String) -> Bool {
    guard let faults = faults[file] else { return true }
    if faults.keys.contains("") || faults.prefixes.contains(key) { return false }
    return !prefixes(of: key).contains { faults.keys.contains($0) }
  }

  /// Whether every file of a directory below `config/` could be read: "packages".
  package func isComplete(_ directory: String) -> Bool {
    let prefix = "\(configuration.configDirectory)/\(directory)"
    return faults.allSatisfy { file, faults in
      !(file == prefix || file.hasPrefix(prefix + "/")) || !faults.keys.contains("")
    }
  }

  /// Where the value stands that these keys lead to, or the name when it is a table; where it is absent,
  /// the place of the table that lacks it, and at last the file.
  package func position(of keys: String..., in file: String) -> SourcePosition {
    texts[file]?.position(of: keys) ?? SourcePosition(wholeFile: file)
  }

  /// Where a byte of a string stands that is written at `start`, or that place when it is written with
  /// escapes.
  package func position(ofByte offset: Int, of content: String, writtenAt start: SourcePosition)
    -> SourcePosition
  {
    texts[start.file]?.position(ofByte: offset, of: content, writtenAt: start) ?? start
  }

  /// The content of a file that was read.
  package func text(of file: String) -> [UInt8]? { texts[file]?.bytes }
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

/// "a", "a.b" and "a.b.c"
private func prefixes(of key: String) -> [String] {
  key.indices.filter { key[$0] == "." }.map { String(key[..<$0]) } + [key]
}
