import BuildModel
import Diagnosis
import Foundation
import GuestConfig
import Testing

/// The guest directories below `fixtures/guests`.
@Suite struct FixtureGuestTests {
  static let directory = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "fixtures/guests").path()
  static let names: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()

  @Test func `are there`() { #expect(Self.names.contains("minimal")) }

  @Test(arguments: names)
  func `loads, or fails as expected`(name: String) throws {
    let guest = "\(Self.directory)/\(name)"
    guard name.hasPrefix("should-fail") else {
      let configuration = try GuestConfiguration(loading: guest)
      #expect(configuration.build.architectures.map(\.name) == ["x86_64"])
      return
    }
    let expected = try String(contentsOfFile: "\(guest)/expected.txt", encoding: .utf8)
    let error = try #require(throws: GuestConfigError.self) { try GuestConfiguration(loading: guest) }
    let found = ([error.summary] + error.causes + error.hints).joined(separator: "\n") + "\n"
    #expect(found.replacingOccurrences(of: guest, with: "GUEST") == expected)
  }
}
