import FileTree

/// The packages of a root in which kernels and the guest's own programs are compiled. It is staged and
/// configured like an image, and thrown away.
package struct LockedBuildRoot: Sendable, Codable, Equatable {
  /// Debian's architecture of the machine that compiles: "amd64". Its packages are of that.
  package var builder: String
  /// Sorted by name, then architecture.
  package var packages: [LockedPackage]
  package var configureSteps: [ConfigureStep]

  package init(builder: String, packages: [LockedPackage], configureSteps: [ConfigureStep]) {
    self.builder = builder
    self.packages = packages
    self.configureSteps = configureSteps
  }

  /// What is asked for to compile for these architectures. A kernel's own scripts need all but the
  /// compilers: flex and bison for its configuration, bc for its time constants, libelf for objtool,
  /// libcrypto for its certificates.
  package static func requests(builder: DebianArchitecture, targets: [DebianArchitecture]) -> [String] {
    ["bc", "bison", "flex", "gcc", "libc6-dev", "libelf-dev", "libssl-dev", "make"]
      + Set(targets).subtracting([builder]).map(\.rawValue).sorted().flatMap { name in
        let target = DebianArchitecture(rawValue: name) ?? builder
        return [
          "gcc-\(target.gnuTriplet.replacing("_", with: "-"))", "libc6-dev-\(name)-cross",
        ]
      }
  }
}

/// What one architecture's kernel is compiled from.
package struct LockedKernel: Sendable, Codable, Equatable {
  /// "6.1"
  package var branch: String
  package var source: Source

  package enum Source: Sendable, Codable, Equatable {
    /// Debian's `linux-source-X.Y`, with the source as a tar archive in it.
    case package(LockedPackage)
    /// The tar archive that the config names.
    case file(LockedFile)
  }

  package init(branch: String, source: Source) {
    self.branch = branch
    self.source = source
  }
}

extension LockedKernel.Source {
  package var sha256: Digest {
    switch self {
    case .package(let package): package.sha256
    case .file(let file): file.sha256
    }
  }
}

extension Lockfile {
  /// Debian packages of every purpose; some come several times.
  package var allPackages: [LockedPackage] {
    architectures.flatMap { architecture in
      var packages = architecture.packages + (architecture.busybox.map { [$0] } ?? [])
      if case .package(let source) = architecture.kernel?.source { packages.append(source) }
      return packages
    } + buildRoots.flatMap(\.packages)
  }
}

extension LockedArchitecture {
  /// Files of every purpose.
  package var allFiles: [LockedFile] {
    if case .file(let source) = kernel?.source { files + [source] } else { files }
  }
}

extension DebianArchitecture {
  /// As compilers are named: "aarch64-linux-gnu".
  package var gnuTriplet: String {
    switch self {
    case .amd64: "x86_64-linux-gnu"
    case .arm64: "aarch64-linux-gnu"
    }
  }

  /// As the kernel's makefiles name it: `ARCH`.
  package var kernelName: String {
    switch self {
    case .amd64: "x86_64"
    case .arm64: "arm64"
    }
  }
}
