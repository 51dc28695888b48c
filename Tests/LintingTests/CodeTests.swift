import Diagnosis
import GuestConfig
import Linting
import TestSupport
import Testing

/// Every code, by a config that triggers it and one nearby that does not.
@Suite struct CodeTests {
  @Test(arguments: LintCase.all)
  func `is found where it is, and not nearby`(lint: LintCase) throws {
    let triggered = try found(lint.trigger, artifacts: lint.artifacts)
    #expect(triggered.sorted() == lint.found.sorted(), "\(triggered)")
    #expect(try found(lint.nearMiss, artifacts: lint.artifacts) == [])
  }

  @Test func `every code has a case`() {
    let covered = Set(LintCase.all.flatMap(\.found).map { String($0.suffix(4)) })
    #expect(covered == Set(DiagnosticCode.allCases.map(\.rawValue)))
  }

  @Test(arguments: Explanation.all.map(\.code))
  func `the example in the catalogue triggers its code`(code: DiagnosticCode) throws {
    let change: [String: String?] =
      switch Explanation.of(code).example {
      case .file(let name, let text): [name: text]
      case .absent(let name): [name: nil]
      }
    // What the repeated table repeats.
    let apt = ["config/packages/apt.toml": GuestFiles.packages("\"git\"")] as [String: String?]
    let codes = try found(apt.merging(change) { $1 }, artifacts: true).map { String($0.suffix(4)) }
    #expect(codes.contains(code.rawValue), "\(codes)")
  }
}

/// "config/ai/acme.toml:4:24 E006" for each diagnostic of a changed guest.
func found(_ changes: [String: String?], artifacts: Bool = false) throws -> [String] {
  try validation(changes, artifacts: artifacts) { validation, guest in
    validation.diagnostics.map { "\($0.position.description.dropFirst(guest.count + 1)) \($0.code.rawValue)" }
  }
}

/// What `body` makes of the validation of a changed guest, while the guest is there.
func validation<Result>(
  _ changes: [String: String?], artifacts: Bool = false,
  _ body: (Validation, _ guest: String) throws -> Result
) throws -> Result {
  let scratch = try ScratchDirectory()
  try GuestFiles(changes).write(to: scratch)
  let guest = scratch.file("guest")
  let validation = Validation(of: guest, artifacts: artifacts ? "\(guest)/artifacts" : nil)
  return try withExtendedLifetime(scratch) { try body(validation, guest) }
}
