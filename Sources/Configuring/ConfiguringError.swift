import Diagnosis

/// Maintainer scripts that did not do their work.
package struct ConfiguringError: Diagnosable, Equatable {
  package enum Problem: Sendable, Equatable {
    /// A package's script failed, in dpkg's words.
    case scriptFailed(String)
    /// dpkg itself failed, and named no package.
    case dpkgFailed(status: String)
    /// dpkg ended well and left the package in this state.
    case left(state: String)
    /// Its ldconfig does not say what it writes into its cache.
    case unknownLoaderCache
  }

  package var package: String
  package var problem: Problem
  /// The last lines that were printed.
  package var output: [String]

  package init(_ package: String, _ problem: Problem, output: [String] = []) {
    self.package = package
    self.problem = problem
    self.output = output
  }

  package var summary: String {
    switch problem {
    case .scriptFailed(let words): "cannot configure \(package): \(words)"
    case .dpkgFailed(let status): "cannot configure packages: dpkg \(status)"
    case .left(let state):
      "cannot configure \(package): expected state \"install ok installed\", found \"\(state)\""
    case .unknownLoaderCache:
      "cannot write /etc/ld.so.cache: \(package)'s ldconfig does not say which glibc it is of"
    }
  }

  package var causes: [String] { output }

  package var hints: [String] {
    if output.contains(where: { $0.contains("No space left on device") }) {
      return [
        "the file system of the cache is full; free space there, or set CAPSEM_CACHE_DIR to another place"
      ]
    }
    return ["look around in the failed tree: build again with --keep, then `capsem-native shell`"]
  }
}
