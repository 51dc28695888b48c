import FileTree

/// Everything that a kernel's bytes depend on, but for the compiler.
package struct KernelRecipe: Sendable, Codable, Equatable {
  /// The config's name of the architecture, for messages.
  package var name: String
  package var architecture: DebianArchitecture
  package var source: LockedKernel
  /// "6.12.9" or "6.12", if the config says which version it expects.
  package var expectedVersion: String?
  /// What the kernel's build makes, below its tree: "arch/x86_64/boot/bzImage".
  package var image: String
  /// Text of the kernel configuration.
  package var defconfig: String
  /// Where that is, for messages.
  package var defconfigPath: String
  /// In place of the source's own date, in seconds since 1970.
  package var date: Int64?

  package init(
    name: String, architecture: DebianArchitecture, source: LockedKernel, expectedVersion: String?,
    image: String, defconfig: String, defconfigPath: String, date: Int64?
  ) {
    self.name = name
    self.architecture = architecture
    self.source = source
    self.expectedVersion = expectedVersion
    self.image = image
    self.defconfig = defconfig
    self.defconfigPath = defconfigPath
    self.date = date
  }

  /// The makefiles' word for the image: "bzImage".
  package var target: String { image.split(separator: "/").last.map(String.init) ?? image }
}

/// What compiling a kernel gave beside its image.
package struct CompiledKernel: Sendable, Codable, Equatable {
  /// "6.12.117"
  package var version: String
  /// Text of the configuration that it was compiled with.
  package var configuration: String

  package init(version: String, configuration: String) {
    self.version = version
    self.configuration = configuration
  }
}

/// A program of one C file.
package struct ProgramRecipe: Sendable, Codable, Equatable {
  package var name: String
  package var architecture: DebianArchitecture
  package var source: [UInt8]
  /// Of the compiler.
  package var arguments: [String]

  package init(name: String, architecture: DebianArchitecture, source: [UInt8], arguments: [String]) {
    self.name = name
    self.architecture = architecture
    self.source = source
    self.arguments = arguments
  }
}
