import CLinux
import Diagnosis
import FileTree
import Glibc
import Synchronization

/// Makes the tree that a layer describes.
package struct TreeRestoration: Sendable {
  private let root: CInt
  private let threads: Int

  /// `root` is an empty directory and stays the caller's.
  package init(root: CInt, threads: Int) {
    self.root = root
    self.threads = threads
  }

  /// What is in the tree afterwards.
  package struct Result: Sendable {
    /// Device nodes, which no unprivileged process can make: the tree has them by record.
    package var recorded: [TreePath: FileEntry]
    /// What is known of the files as long as they have these stamps.
    package var contents: StampedContents
  }

  /// The tree does not depend on the number of threads. After an error it is good for nothing.
  package func restore(_ layer: Layer, from pack: CInt) throws -> Result {
    var writer = TreeWriter(root: root)
    var recorded: [TreePath: FileEntry] = [:]
    var files: [Int] = []
    var others: [(index: Int, first: Int)] = []
    var groups: [Int: Int] = [:]
    for (index, entry) in layer.entries.enumerated() {
      if let group = entry.hardLinkGroup {
        if let first = groups[group] {
          others.append((index, first))
          continue
        }
        groups[group] = index
      }
      switch entry.kind {
      case .directory: try writer.makeDirectory(entry.path)
      case .file: files.append(index)
      case .symbolicLink(let target): try writer.makeSymbolicLink(entry, target: target)
      case .fifo: try writer.makeFIFO(entry)
      case .characterDevice, .blockDevice: recorded[entry.path] = entry
      case .socket: throw LayerError("cannot restore \(entry.path): a socket is no part of a tree")
      }
      if entry.kind != .file && entry.kind != .directory && !entry.kind.isDevice {
        try writer.setAttributes(entry)
      }
    }
    let stamps = try makeFiles(files, of: layer, from: pack)
    for (index, first) in others {
      let (path, existing) = (layer.entries[index].path, layer.entries[first])
      if existing.kind.isDevice {
        recorded[path] = layer.entries[index]
      } else {
        try writer.makeHardLink(path, to: existing.path)
      }
    }
    // Last, and from below: each name that is made in a directory changes its time.
    for entry in layer.entries.reversed() where entry.kind == .directory {
      try writer.setAttributes(entry)
      try writer.setDirectory(entry)
    }
    FileStamp.passTick()
    return Result(recorded: recorded, contents: stamps)
  }

  /// Neighbours at a time, so that a directory is opened seldom.
  private static let step = 64

  private func makeFiles(_ files: [Int], of layer: Layer, from pack: CInt) throws -> StampedContents {
    let found = Mutex(StampedContents())
    let step = TreeRestoration.step
    try Parallel.forEach((files.count + step - 1) / step, threads: threads) { run in
      var writer = TreeWriter(root: root)
      var stamped = StampedContents()
      for index in files[run * step..<min(files.count, (run + 1) * step)] {
        let (entry, content) = (layer.entries[index], layer.contents[index])
        let stamp = try writer.makeFile(entry) { try fill($0, entry, content, from: pack) }
        // A further name would change the stamp.
        if entry.hardLinkGroup == nil, let content { stamped.add(content, at: entry.path, stamp) }
      }
      found.withLock { $0.merge(stamped) }
    }
    return found.withLock { $0 }
  }

  private func fill(_ target: CInt, _ entry: FileEntry, _ content: PackedContent?, from pack: CInt) throws {
    for piece in content?.pieces ?? [] {
      let count = try system("restore", "\(entry.path)") {
        clinux_copy_range(pack, piece.place, target, piece.start, piece.count)
      }
      if count != piece.count {
        throw LayerError("cannot restore \(entry.path): its layer's pack ends too early")
      }
    }
    if (content?.pieces.last?.end ?? 0) != entry.size {
      try system("restore", "\(entry.path)") { ftruncate(target, off_t(entry.size)) }
    }
  }
}
