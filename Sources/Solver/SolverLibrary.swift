import CApt

/// The libapt-pkg that this process runs with.
package enum SolverLibrary {
  /// "libapt-pkg 2.6.1"
  package static var version: String { "libapt-pkg \(String(cString: capt_library_version()))" }
}
