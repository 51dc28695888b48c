import ArgumentParser
import Diagnosis
import Foundation
import Glibc
import Json
import Linting

struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Check a guest's config, and say where and why it is wrong.",
    discussion: """
      All problems of all files, one line each: error: [CODE] FILE:LINE:COLUMN: message. On a terminal each \
      comes with its line and, where there is one, a fix. Exit status: 0 without errors, else 1.
      """)

  @Argument(help: "The guest directory.") var guest = "guest"

  @Option(
    help: ArgumentHelp("Check also that this directory has what is put into the image.", valueName: "dir"))
  var artifacts: String?

  @Flag(help: "Count warnings as errors.") var strict = false

  @Flag(help: "Print a JSON array of {code, severity, file, line, column, message, hint}.") var json = false

  @Flag(help: "Print SARIF 2.1.0, with which CI services annotate.") var sarif = false

  @Option(help: ArgumentHelp("Explain a code, or all, and check nothing.", valueName: "code"))
  var explain: String?

  func validate() throws {
    if json && sarif { throw ValidationError("--json contradicts --sarif") }
    if let artifacts, !isDirectory(artifacts) {
      throw ValidationError("--artifacts: there is no directory \(artifacts)")
    }
    guard let explain else { return }
    do throws(Report) {
      _ = try Explanation.text(for: explain)
    } catch {
      throw ValidationError("--explain: \(error.summary); \(error.hints.joined(separator: "; "))")
    }
  }

  func run() throws {
    if let explain { return Terminal.print(try Explanation.text(for: explain)) }
    var guest = guest
    while guest.count > 1 && guest.hasSuffix("/") { guest.removeLast() }
    guard isDirectory(guest) else {
      throw Report(
        "cannot validate \(guest): no such directory",
        hints: ["`capsem-native init \(guest)` writes a first config"])
    }
    let validation = Validation(of: guest, artifacts: artifacts, strict: strict)
    if json {
      Terminal.print(validation.json.rendered())
    } else if sarif {
      let directory = FileManager.default.currentDirectoryPath
      Terminal.print(validation.sarif(version: Version.current, workingDirectory: directory).rendered())
    } else if isatty(STDOUT_FILENO) == 1 {
      Terminal.print(
        Rendering.validation(
          validation, width: Terminal.size(of: STDOUT_FILENO).columns, style: .standardOutput))
    } else {
      Terminal.print(validation.plainText)
    }
    if !validation.passes { throw ExitCode(1) }
  }

  private func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
