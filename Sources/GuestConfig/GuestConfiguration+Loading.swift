import BuildModel
import Diagnosis
import Toml

extension GuestConfiguration {
  /// Reads `GUEST/config`. Only `build.toml` has to exist; an absent file leaves the defaults. Files of a
  /// directory are read in the order of their names, and a table that two of them write counts as the
  /// later one writes it. Unknown keys are ignored, and listed in `ignored`. Nothing is converted: "4" is
  /// not a number. Throws every problem that it finds, of all files.
  package init(loading guest: String) throws(GuestConfigError) {
    self.init(directory: guest)
    let directory = ConfigDirectory(path: configDirectory)
    guard directory.exists else {
      let problem = GuestConfigProblem(
        .missing, at: SourcePosition(wholeFile: directory.path), "no such directory",
        hint: "`capsem-native init \(guest)` writes a first config")
      throw GuestConfigError(directory: directory.path, problems: [problem])
    }
    let journal = Journal()
    for file in ConfigFile.allCases {
      for name in directory.files(of: file, in: journal) {
        guard let root = directory.parse(name, in: journal) else { continue }
        file.decode(Section(root, of: file, in: journal), into: &self)
        root.collectIgnored(below: "", except: journal.asked, into: &ignored)
      }
    }
    if !journal.problems.isEmpty {
      throw GuestConfigError(directory: directory.path, problems: journal.problems)
    }
  }
}

extension ConfigDirectory {
  fileprivate func files(of file: ConfigFile, in journal: Journal) -> [String] {
    if file.pattern.hasSuffix("/*.toml") {
      do throws(SystemFailure) {
        return try tomlFiles(in: String(file.pattern.dropLast("/*.toml".count)))
      } catch {
        journal.note(error, in: "\(path)/\(file.pattern)")
        return []
      }
    }
    if has(file.pattern) { return [file.pattern] }
    if file == .build {
      journal.problems.append(
        GuestConfigProblem(.missing, at: SourcePosition(wholeFile: "\(path)/build.toml"), "no such file"))
    }
    return []
  }

  fileprivate func parse(_ name: String, in journal: Journal) -> TomlTable? {
    let file = "\(path)/\(name)"
    let bytes: [UInt8]
    do throws(SystemFailure) {
      bytes = try read(name)
    } catch {
      journal.note(error, in: file)
      return nil
    }
    do throws(TomlProblem) {
      return try TomlDocument(parsing: bytes, file: file).root
    } catch {
      journal.problems.append(GuestConfigProblem(.syntax, at: error.position, error.reason))
      return nil
    }
  }
}

extension Journal {
  fileprivate func note(_ failure: SystemFailure, in file: String) {
    problems.append(GuestConfigProblem(.missing, at: SourcePosition(wholeFile: file), failure.summary))
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
