import TestSupport

extension PackageSet {
  /// Those that are compared with mmdebstrap's trees.
  static let compared = all.filter(\.hasPeer) + foreign

  /// What `make test` compares: the base, and diversions, alternatives and triggers on top.
  static let small = compared.filter { ["minimal", "diversions"].contains($0.name) }
}
