import Foundation
import Glibc
import Sandbox
import Testing
import TestSupport

extension Tier: CustomTestStringConvertible {
  public var testDescription: String { rawValue }

  /// The tiers that this host and user have. A strict run tries all.
  static let testable: [Tier] =
    (TestUser.isRoot ? [.root, .namespacedRoot] : []) + (TestUser.hasNamespaces ? [.subuid, .oneID] : [])

  /// Who has it, beside root.
  var user: TestUser? {
    switch self {
    case .subuid: .ordinary
    case .oneID: .single
    case .root, .namespacedRoot: nil
    }
  }
}

extension Trait where Self == ConditionTrait {
  static var namespaces: Self {
    .enabled(
      if: TestUser.isStrict || !Tier.testable.isEmpty,
      "running in namespaces takes root, or user namespaces and newuidmap (package uidmap)")
  }
}

/// Runs requests in one worker, as capsem-native would.
final class Probe {
  private let scratch: ScratchDirectory
  private let tier: Tier

  init(_ tier: Tier) throws {
    self.tier = tier
    scratch = try ScratchDirectory()
    // Where an ordinary user can reach it, wherever the sources are.
    chmod(scratch.path, 0o755)
    try FileManager.default.copyItem(atPath: Probe.built, toPath: scratch.file("probe"))
    mkdir(scratch.file("stage"), 0o700)
    try tier.user?.own(scratch.file("stage"))
  }

  private static let built: String = {
    let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return tests.prefix(upTo: tests.lastIndex(of: "/") ?? tests.startIndex) + "/SandboxProbe"
  }()

  var workspace: String { scratch.file("stage") }

  var command: [String] {
    let command = [scratch.file("probe"), tier.rawValue, workspace]
    return tier.user.flatMap { TestUser.command(command, as: $0) } ?? command
  }

  func run(_ requests: [ProbeRequest]) throws -> [ProbeAnswer] {
    let output = try runTool(
      command[0], Array(command.dropFirst()), input: Array(JSONEncoder().encode(requests)))
    return try JSONDecoder().decode([ProbeAnswer].self, from: Data(output.utf8))
  }

  func run(_ request: ProbeRequest) throws -> ProbeAnswer { try run([request])[0] }
  func shell(_ text: String) throws -> ProbeAnswer { try run(.shell(text)) }
}
