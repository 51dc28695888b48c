import Diagnosis
import FileTree
import Glibc

extension ArchiveRecipe {
  /// That `body` fails as the recipe says: with one clear error which names the archive and is no defect of
  /// ours, and no character of which acts on a terminal or begins a line of its own.
  package func checkRefusal(_ body: () throws -> Void) throws {
    do { try body() } catch {
      let report = Report(of: error)
      let texts = [report.summary] + report.causes + report.hints
      guard !report.isDefect, report.summary.contains(expected ?? ""), report.summary.contains("hostile"),
        texts.allSatisfy({ $0 == $0.harmlessLine })
      else { throw ToolFailure(description: "expected \"\(expected ?? "")\", found \(report)") }
      return
    }
    throw ToolFailure(description: "it was accepted")
  }

  /// That the tree has what the recipe says, with its modes.
  package func checkResults(below directory: String) throws {
    for (path, mode) in results {
      var status = stat()
      let name = (Array("\(directory)/".utf8) + path.bytes + [0]).map { CChar(bitPattern: $0) }
      guard lstat(name, &status) == 0 else { throw ToolFailure(description: "\(path) is missing") }
      let found = UInt16(status.st_mode & 0o7777)
      guard mode == nil || mode == found else {
        throw ToolFailure(description: "\(path) has the mode \(String(found, radix: 8))")
      }
    }
  }
}
