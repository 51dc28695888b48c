import Diagnosis
import FileTree
import Glibc
import Threads

/// Unpacks wheels into a tree so that the result equals `uv pip install`, except that nothing of the
/// building machine is in it: no `uv_cache.json`, no bytecode, one given time.
package struct WheelInstaller: Sendable {
  private let root: CInt
  private let modified: Timestamp

  /// `root` is the tree's root directory and stays the caller's; every file gets the time `modified`.
  package init(root: CInt, modified: Timestamp) {
    self.root = root
    self.modified = modified
  }

  /// Makes everything in `plan`, one wheel a thread; tells what is known of the files. The tree does not depend
  /// on `threads`. After an error the tree holds a part of the plan and is good for nothing.
  @discardableResult
  package func install(
    _ plan: WheelPlan, threads: Int, cancellation: Cancellation = Cancellation()
  ) throws -> StampedContents {
    var writer = TreeWriter(root: root)
    var made: [TreePath] = []
    for directory in plan.directories where try writer.makeDirectory(directory) { made.append(directory) }
    // The largest first, so that no thread is left alone with it at the end.
    let order = plan.wheels.indices.sorted {
      (plan.wheels[$1].placement.wheel.size, $0) < (plan.wheels[$0].placement.wheel.size, $1)
    }
    let known = try Parallel.map(order.count, threads: threads) {
      try install(plan.wheels[order[$0]], cancellation)
    }
    // Only now: each new name in a directory changed its time.
    writer.forgetDirectories()
    for directory in made.reversed() {
      try writer.setDirectory(FileEntry(path: directory, kind: .directory, mode: 0o755, modified: modified))
    }
    for directory in Set(made.map(\.parent)).subtracting(made).union(touched(by: plan, beside: made)) {
      try writer.setTime(modified, of: directory)
    }
    FileStamp.passTick()
    return known.reduce(into: StampedContents()) { $0.merge($1) }
  }

  /// Directories that were there before and got a new file.
  private func touched(by plan: WheelPlan, beside made: [TreePath]) -> Set<TreePath> {
    let parents = plan.wheels.flatMap { wheel in wheel.items.map(\.path.parent) + [wheel.record.parent] }
    return Set(parents).subtracting(made)
  }

  private func install(_ wheel: WheelPlan.Wheel, _ cancellation: Cancellation) throws -> StampedContents {
    var known = StampedContents()
    var writer = TreeWriter(root: root)
    let (file, scheme) = (wheel.placement.wheel, wheel.placement.scheme)
    var rows: [WheelRecord.Row] = [.init(path: scheme.recordName(of: wheel.record), digest: nil, size: nil)]
    func make(_ item: WheelPlan.Item, _ fill: (CInt) throws -> Void) throws -> FileStamp {
      try writer.makeFile(
        FileEntry(path: item.path, kind: .file, mode: item.mode, modified: modified), fill: fill)
    }
    func make(_ item: WheelPlan.Item, bytes: [UInt8]) throws {
      _ = try make(item) { descriptor in
        try bytes.withUnsafeBytes {
          try writeAll($0, to: descriptor, at: 0, named: item.path.description)
        }
      }
      rows.append(
        .init(path: scheme.recordName(of: item.path), digest: Digest(of: bytes), size: Int64(bytes.count)))
    }
    var items: [Int: WheelPlan.Item] = [:]
    for item in wheel.items {
      switch item.source {
      case .member(let index), .script(let index): items[index] = item
      case .text(let text): try make(item, bytes: Array(text.utf8))
      }
    }
    try file.read { index, content in
      if cancellation.isCancelled { throw Interrupted() }
      let member = file.members[index]
      guard let item = items[index] else { return }
      if case .script = item.source, !isProgram(member) {
        try make(item, bytes: rewritten(try content.bytes(), for: scheme))
      } else {
        var written: PackedContent?
        let stamp = try make(item) { written = try content.copy(to: $0) }
        if let written { known.add(written, at: item.path, stamp) }
        rows.append(.init(path: scheme.recordName(of: item.path), digest: member.digest, size: stamp.size))
      }
    }
    let record = FileEntry(path: wheel.record, kind: .file, mode: 0o644, modified: modified)
    let text = Array(WheelRecord(rows: rows).text.utf8)
    try writer.makeFile(record) { descriptor in
      try text.withUnsafeBytes { try writeAll($0, to: descriptor, at: 0, named: record.path.description) }
    }
    return known
  }

  /// No text script is this large; such a member is copied without looking at its first line.
  private func isProgram(_ member: WheelFile.Member) -> Bool { (member.size ?? 0) > 64 << 20 }

  /// A first line that begins with `#!python` names the image's interpreter instead.
  private func rewritten(_ script: [UInt8], for scheme: PythonScheme) -> [UInt8] {
    guard script.starts(with: "#!python".utf8) else { return script }
    let rest = script.firstIndex(of: UInt8(ascii: "\n")).map { script[($0 + 1)...] } ?? []
    return Array("#!\(scheme.interpreter)\n".utf8) + rest
  }
}
