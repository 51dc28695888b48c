import BuildModel
import FileTree

/// One wheel and where it goes.
package struct WheelPlacement: Sendable {
  package var wheel: WheelFile
  package var scheme: PythonScheme
  /// Asked for by the config: it gets the file REQUESTED.
  package var isRequested: Bool

  package init(_ wheel: WheelFile, scheme: PythonScheme, isRequested: Bool) {
    self.wheel = wheel
    self.scheme = scheme
    self.isRequested = isRequested
  }
}

/// Every path that a set of wheels will make, before any is made.
package struct WheelPlan: Sendable {
  package struct Item: Sendable, Equatable {
    package var path: TreePath
    package var mode: UInt16
    package var source: Source
  }

  package enum Source: Sendable, Equatable {
    /// Counts in `WheelFile.members`.
    case member(Int)
    /// A member whose first line is rewritten if it asks for `#!python`.
    case script(Int)
    /// Made by us: entry points, INSTALLER, REQUESTED.
    case text(String)
  }

  package struct Wheel: Sendable {
    package var placement: WheelPlacement
    package var items: [Item]
    package var record: TreePath
  }

  package var wheels: [Wheel]
  /// Directories to be there first, parents before children.
  package var directories: [TreePath]

  /// Refuses two wheels that would make one path. A wheel that is placed twice in one scheme, as two
  /// providers with one prefix may ask for, is installed once.
  package init(_ placements: [WheelPlacement]) throws(WheelError) {
    wheels = []
    var directories: Set<TreePath> = []
    var makers: [TreePath: String] = [:]
    var known: [PythonScheme: [String: Int]] = [:]
    for placement in placements {
      let file = placement.wheel.name.file
      if let index = known[placement.scheme]?[file] {
        if placement.isRequested && !wheels[index].placement.isRequested {
          wheels[index] = try WheelPlan.wheel(placement)
        }
        continue
      }
      known[placement.scheme, default: [:]][file] = wheels.count
      let wheel = try WheelPlan.wheel(placement)
      for path in wheel.items.map(\.path) + [wheel.record] {
        if let other = makers.updateValue(file, forKey: path) {
          throw other == file
            ? WheelError(file, "two of its files become \(path)")
            : WheelError(
              file, "\(other) installs \(path), too", hints: ["install only one of the two packages"])
        }
        WheelPlan.add(path.parent, to: &directories)
      }
      for directory in placement.wheel.directories {
        if let path = try WheelPlan.destination(of: directory, in: placement).path {
          WheelPlan.add(path, to: &directories)
        }
      }
      wheels.append(wheel)
    }
    self.directories = directories.sorted()
    if let both = self.directories.first(where: { makers[$0] != nil }) {
      throw WheelError(makers[both]!, "\(both) is a file here and a directory in another wheel")
    }
  }

  private static func add(_ directory: TreePath, to directories: inout Set<TreePath>) {
    var directory = directory
    while !directory.isRoot && directories.insert(directory).inserted { directory = directory.parent }
  }

  private static func wheel(_ placement: WheelPlacement) throws(WheelError) -> Wheel {
    let (wheel, scheme) = (placement.wheel, placement.scheme)
    var items: [Item] = []
    for (index, member) in wheel.members.enumerated() {
      let (path, isScript) = try destination(of: member.path, in: placement)
      guard let path else {
        throw WheelError(wheel.name.file, "refusing \(member.path): a file in the place of a directory")
      }
      items.append(
        Item(
          path: path, mode: isScript || member.isExecutable ? 0o755 : 0o644,
          source: isScript ? .script(index) : .member(index)))
    }
    for command in wheel.entryPoints.commands {
      items.append(
        Item(
          path: scheme.scripts.appending(command.name.utf8), mode: 0o755,
          source: .text(command.script(interpreter: scheme.interpreter))))
    }
    let distInfo = scheme.modules.appending(wheel.distInfo.utf8)
    items.append(Item(path: distInfo.appending("INSTALLER".utf8), mode: 0o644, source: .text("uv")))
    if placement.isRequested {
      items.append(Item(path: distInfo.appending("REQUESTED".utf8), mode: 0o644, source: .text("")))
    }
    return Wheel(placement: placement, items: items, record: distInfo.appending("RECORD".utf8))
  }

  /// The path is nil for a directory that stands for a scheme's part and is nothing of its own.
  private static func destination(
    of member: TreePath, in placement: WheelPlacement
  ) throws(WheelError) -> (path: TreePath?, isScript: Bool) {
    let (wheel, scheme) = (placement.wheel, placement.scheme)
    let parts = member.bytes.split(separator: UInt8(ascii: "/"))
    guard parts[0].suffix(5).elementsEqual(".data".utf8) else {
      return (scheme.modules.appending(member.bytes), false)
    }
    let expected = wheel.distInfo.dropLast(".dist-info".count) + ".data"
    guard parts[0].elementsEqual(expected.utf8) else {
      throw WheelError(
        wheel.name.file, "expected \(expected), found \(String(decoding: parts[0], as: UTF8.self))")
    }
    guard parts.count >= 3 else { return (nil, false) }
    let rest = parts[2...].joined(separator: CollectionOfOne(UInt8(ascii: "/")))
    switch String(decoding: parts[1], as: UTF8.self) {
    case "purelib", "platlib": return (scheme.modules.appending(rest), false)
    case "data": return (scheme.data.appending(rest), false)
    case "headers":
      return (scheme.headers.appending(wheel.distribution.utf8).appending(rest), false)
    case "scripts":
      guard parts.count == 3 else {
        throw WheelError(wheel.name.file, "refusing \(member): a directory among the scripts")
      }
      return (scheme.scripts.appending(rest), true)
    case let unknown:
      throw WheelError(wheel.name.file, "refusing \(member): unknown part \"\(unknown)\"")
    }
  }
}
