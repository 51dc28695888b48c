import BuildModel
import Diagnosis
import Linting
import TestSupport
import Testing

/// What is written twice, once for people and once for the program, says the same.
@Suite struct CatalogueTests {
  @Test func `docs/diagnostics.md is what --explain all prints`() throws {
    #expect(try text(of: "docs/diagnostics.md") == Explanation.catalogue)
  }

  @Test func `every code is explained once, in its order`() {
    #expect(Explanation.all.map(\.code) == DiagnosticCode.allCases)
  }

  @Test func `explains one code, in capitals or not, and names the nearest of a wrong one`() throws {
    #expect(try Explanation.text(for: "e006").hasPrefix("## E006: an invalid domain pattern\n"))
    #expect(try Explanation.text(for: "all") == Explanation.catalogue)
    let error = #expect(throws: Report.self) { try Explanation.text(for: "W107") }
    #expect(error?.summary == "there is no diagnostic \"W107\"")
    #expect(error?.hints == ["did you mean `W007` or `W017`?"])
  }

  @Test func `the kernel's options are those of kernel/required-options.txt`() throws {
    let lines = KernelOption.required.map { "\($0.name)=y  # \($0.reason)\n" }
    #expect(try text(of: "kernel/required-options.txt") == lines.joined())
  }

  private func text(of path: String) throws -> String {
    String(decoding: try #require(try contents(ofFile: "\(BuildSite.repository)/\(path)")), as: UTF8.self)
  }
}
