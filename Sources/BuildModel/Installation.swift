import FileTree

/// What is installed into a configured tree beside Debian's packages, as the worker needs it.
package struct Installation: Sendable, Codable, Equatable {
  /// The guest's own files, sorted by path.
  package var files: [PlacedFile]
  /// The certificate of the guest's network proxy, PEM.
  package var certificate: Digest?
  package var providers: [ProvidedProgram]
  /// What `npm install -g` uses in the guest, and where the lock's npm packages go.
  package var npmPrefix: String
  /// npm packages that may run their scripts, sorted by name.
  package var npmScripts: [String]
  /// Programs that the lock has as files, in the config's order.
  package var fetched: [FetchedProgram]
  /// Text of `debian.sources` in place of the one that the lock's releases give.
  package var imageSources: String?
  package var hostname: String

  package init(
    files: [PlacedFile], certificate: Digest?, providers: [ProvidedProgram], npmPrefix: String,
    npmScripts: [String] = [], fetched: [FetchedProgram] = [], imageSources: String?, hostname: String
  ) {
    self.npmScripts = npmScripts
    self.fetched = fetched
    self.files = files
    self.certificate = certificate
    self.providers = providers
    self.npmPrefix = npmPrefix
    self.imageSources = imageSources
    self.hostname = hostname
  }
}

/// One file of the guest, with its content in the store.
package struct PlacedFile: Sendable, Codable, Equatable {
  /// Absolute, in the image.
  package var path: String
  package var mode: UInt16
  package var content: Content

  package enum Content: Sendable, Codable, Equatable {
    case object(Digest)
    case link(target: String)
  }

  package init(path: String, mode: UInt16, content: Content) {
    self.path = path
    self.mode = mode
    self.content = content
  }
}

/// A provider whose packages go under a prefix.
package struct ProvidedProgram: Sendable, Codable, Equatable {
  package var key: String
  package var manager: PackageManager
  package var prefix: String
  package var links: [Link]

  /// A name in `/usr/local/bin` for a path inside the installed modules.
  package struct Link: Sendable, Codable, Equatable {
    package var name: String
    package var path: String

    package init(name: String, path: String) {
      self.name = name
      self.path = path
    }
  }

  package init(key: String, manager: PackageManager, prefix: String, links: [Link]) {
    self.key = key
    self.manager = manager
    self.prefix = prefix
    self.links = links
  }
}
