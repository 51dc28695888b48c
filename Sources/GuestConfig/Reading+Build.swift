import BuildModel
import Diagnosis
import FileTree
import Toml

extension GuestBuild {
  mutating func read(from section: Section) {
    section.choice("compression", &compression)
    section.integer("compression_level", &compressionLevel, in: 1...22)
    section.texts("version_commands", &versionCommands)
    for part in section.sections("architectures", placeholder: "NAME", required: true) {
      var architecture = GuestArchitecture(name: part.name.value, at: part.position)
      architecture.read(from: part)
      architectures.append(architecture)
    }
    if architectures.isEmpty, let entry = section.table?.entry("architectures") {
      section.fail(at: entry.keyPosition, key: "architectures", "must have at least one entry")
    }
    if let part = section.section("image") { image.read(from: part) }
    if let part = section.section("apt") { apt.read(from: part) }
    if let part = section.section("node") { part.string("source", &node.source) }
    if let part = section.section("npm") {
      part.string("registry", &npm.registry, check: Rule.webAddress)
    }
    if let part = section.section("kernel") { kernel.read(from: part) }
    if let part = section.section("guest") {
      part.boolean("binaries", &guest.binaries)
      part.boolean("ca", &guest.ca)
    }
    if let part = section.section("host") { part.string("version", &host.version) }
    if let part = section.section("network") { network.read(from: part) }
  }
}

extension GuestArchitecture {
  mutating func read(from section: Section) {
    // The name becomes a directory of the assets.
    if section.table != nil, let reason = Rule.fileName(name) {
      section.fail(reason)
    }
    section.string("base_image", &baseImage)
    section.string("docker_platform", &dockerPlatform, required: true)
    section.string("rust_target", &rustTarget, required: true)
    section.string("kernel_branch", &kernelBranch)
    section.string("kernel_image", &kernelImage, required: true)
    section.string("defconfig", &defconfig, required: true)
    section.integer("node_major", &nodeMajor)
  }
}

extension ImageSettings {
  mutating func read(from section: Section) {
    section.string("label", &label) { label in
      label.utf8.count > 16 ? "a label has at most 16 bytes, this has \(label.utf8.count)" : nil
    }
    section.imageSize("size", &size)
    section.size("headroom", &headroom)
    section.choice("compress", &compress)
    section.string("publish_as", &publishAs, check: Rule.fileName)
  }
}

extension KernelSettings {
  mutating func read(from section: Section) {
    section.string("source", &source, check: Rule.webAddress)
    section.string("version", &version)
    section.digest("sha256", &sha256)
  }
}

extension DebianSources {
  mutating func read(from section: Section) {
    section.string("suite", &suite)
    section.string("mirror", &mirror, check: Rule.withoutCredentials)
    section.string("security_mirror", &securityMirror, check: Rule.withoutCredentials)
    section.string("keyring", &keyring)
    section.string("snapshot", &snapshot, check: Rule.snapshot)
    section.string("snapshot_mirror", &snapshotMirror, check: Rule.webAddress)
    section.boolean("recommends", &recommends)
    section.string("image_sources", &imageSources)
    for part in section.list("sources") {
      var source = DebianSource(at: part.position)
      part.strings("uris", &source.uris, required: true, nonEmpty: true, check: Rule.withoutCredentials)
      part.strings("suites", &source.suites, required: true, nonEmpty: true)
      part.strings("components", &source.components, required: true)
      part.string("signed_by", &source.signedBy)
      part.integer("pin", &source.pin, in: -32768...32767)
      sources.append(source)
    }
    guard !sources.isEmpty, section.table != nil else { return }
    for (key, value) in [
      ("suite", suite), ("mirror", mirror), ("security_mirror", securityMirror), ("snapshot", snapshot),
    ] where value != nil {
      section.fail(
        at: section.position(of: key), key: key, "has no meaning beside [[build.apt.sources]]",
        hint: "say it in the uris and suites of [[build.apt.sources]], or remove those")
    }
  }
}

extension GuestIdentity {
  mutating func read(from section: Section) {
    section.string("name", &name, required: true)
    section.string("version", &version)
    section.string("description", &description)
    for part in section.list("changelog") {
      var change = Change()
      part.string("version", &change.version, required: true)
      part.string("date", &change.date, required: true)
      part.strings("changes", &change.changes, required: true)
      changelog.append(change)
    }
  }
}
