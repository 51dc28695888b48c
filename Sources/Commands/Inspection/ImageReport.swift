import Ext4
import FileTree
import Foundation
import Inventory
import Json

/// What `inspect` says of an image, as text and as JSON.
enum ImageReport {
  // MARK: Summary

  static func text(_ image: ImageSummary, of path: String) -> String {
    let summary = image.fileSystem
    let size = Int64(summary.bytesPerBlock) * Int64(summary.blocks)
    let free = Int64(summary.bytesPerBlock) * Int64(summary.freeBlocks)
    let counts = [
      (summary.files.files, "files"), (summary.files.directories, "directories"),
      (summary.files.symbolicLinks, "symbolic links"), (summary.files.devices, "devices"),
      (summary.files.others, "others"),
    ]
    var lines = [
      "Image: \(path)",
      "  label: \(TreeText.escaped(summary.label))",
      "  uuid: \(uuid(summary))",
      "  tree: \(image.tree)",
    ]
    if let system = image.system { lines.append("  system: \(system.name)") }
    lines += [
      "  size: \(Rendering.bytes(size)) (\(size) bytes), \(summary.blocks) blocks of \(summary.bytesPerBlock)",
      "  used: \(Rendering.bytes(size - free)), free: \(Rendering.bytes(free))",
      "  inodes: \(summary.inodes), free: \(summary.freeInodes)",
      "  holds: " + counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", "),
      "  created: \(time(summary.created) ?? "not known")",
      "  written: \(time(summary.written) ?? "not known")",
      "  features: " + summary.features.joined(separator: " "),
    ]
    return lines.map { $0 + "\n" }.joined()
  }

  static func json(_ image: ImageSummary) -> JSONText {
    let summary = image.fileSystem
    return .object([
      ("label", .string(TreeText.escaped(summary.label))),
      ("uuid", .string(uuid(summary))),
      ("tree", .string(image.tree.hex)),
      ("system", json(image.system)),
      ("size", .number(Int64(summary.bytesPerBlock) * Int64(summary.blocks))),
      ("block_size", .number(Int64(summary.bytesPerBlock))),
      ("blocks", .number(Int64(summary.blocks))),
      ("free_blocks", .number(Int64(summary.freeBlocks))),
      ("inodes", .number(Int64(summary.inodes))),
      ("free_inodes", .number(Int64(summary.freeInodes))),
      ("files", .number(Int64(summary.files.files))),
      ("directories", .number(Int64(summary.files.directories))),
      ("symbolic_links", .number(Int64(summary.files.symbolicLinks))),
      ("devices", .number(Int64(summary.files.devices))),
      ("others", .number(Int64(summary.files.others))),
      ("created", time(summary.created).map(JSONText.string) ?? .null),
      ("written", time(summary.written).map(JSONText.string) ?? .null),
      ("features", .array(summary.features.map(JSONText.string))),
      ("needs_recovery", .boolean(summary.needsRecovery)),
      ("has_errors", .boolean(summary.hasErrors)),
    ])
  }

  static func uuid(_ summary: Ext4Summary) -> String {
    let digits = Digest.hex(summary.uuid)
    var groups: [Substring] = []
    var rest = digits[...]
    for length in [8, 4, 4, 4, 12] {
      groups.append(rest.prefix(length))
      rest = rest.dropFirst(length)
    }
    return groups.joined(separator: "-")
  }

  /// "2026-11-22T02:09:05Z"; nil for a time that was never set.
  static func time(_ seconds: Int64) -> String? {
    seconds == 0 ? nil : Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
  }

  // MARK: Packages

  /// A line each: name, version, source and place, in columns.
  static func text(_ packages: [InstalledPackage]) -> String {
    let rows = packages.map { package in
      [
        word(package.name), package.version.map(word) ?? "-", package.source.rawValue,
        package.place.map { "/" + TreeText.escaped($0.bytes) } ?? "-",
      ]
    }
    let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { $0.padding(toLength: $1 + 2, withPad: " ", startingAt: 0) }.joined()
        + row[3] + "\n"
    }.joined()
  }

  static func json(_ inventory: Inventory) -> JSONText {
    .object([
      ("system", json(inventory.system)),
      (
        "packages",
        .array(
          inventory.packages.map { package in
            .object([
              ("name", .string(package.name)),
              ("version", package.version.map(JSONText.string) ?? .null),
              ("source", .string(package.source.rawValue)),
              ("architecture", package.architecture.map(JSONText.string) ?? .null),
              ("path", package.place.map { .string("/" + TreeText.escaped($0.bytes)) } ?? .null),
            ])
          })
      ),
    ])
  }

  private static func json(_ system: OperatingSystem?) -> JSONText {
    guard let system else { return .null }
    return .object([
      ("id", .string(system.id)), ("version", system.version.map(JSONText.string) ?? .null),
      ("name", .string(system.name)),
    ])
  }

  private static func word(_ text: String) -> String { TreeText.escaped(Array(text.utf8)) }

  // MARK: Tree

  /// The fields of `TreeText` by name. Paths, targets and names are escaped as they are there.
  static func json(_ entry: FileEntry, digest: Digest?) -> JSONText {
    var members: [(String, JSONText)] = [
      ("path", .string("/" + TreeText.escaped(entry.path.bytes))),
      ("kind", .string(TreeText.word(for: entry.kind))),
      ("mode", .string(TreeText.mode(entry.mode))),
      ("uid", .number(Int64(entry.owner.user))),
      ("gid", .number(Int64(entry.owner.group))),
      ("modified", .string(TreeText.time(entry.modified))),
      ("size", .number(entry.size)),
    ]
    switch entry.kind {
    case .file: members.append(("sha256", digest.map { .string($0.hex) } ?? .null))
    case .symbolicLink(let target): members.append(("target", .string(TreeText.escaped(target))))
    case .characterDevice(let major, let minor), .blockDevice(let major, let minor):
      members.append(("device", .string("\(major):\(minor)")))
    case .directory, .fifo, .socket: break
    }
    if let group = entry.hardLinkGroup { members.append(("hard_link_group", .number(Int64(group)))) }
    if !entry.extendedAttributes.isEmpty {
      let attributes = entry.extendedAttributes.map {
        (TreeText.escaped(Array($0.name.utf8)), JSONText.string(Digest.hex($0.value)))
      }
      members.append(("extended_attributes", .object(attributes)))
    }
    return .object(members)
  }
}
