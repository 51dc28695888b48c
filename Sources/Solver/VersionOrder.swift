import CApt

/// The order of Debian versions, as libapt-pkg and dpkg see it: "1.0~rc1" is before "1.0".
package enum VersionOrder {
  /// Below, equal to or above 0. The corresponding C++ function is `debVS.CmpVersion`.
  package static func compare(_ a: String, _ b: String) -> Int {
    Int(capt_compare_versions(a, b))
  }

  package static func isBefore(_ a: String, _ b: String) -> Bool { compare(a, b) < 0 }
}
