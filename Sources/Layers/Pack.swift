import CLinux
import Diagnosis
import FileTree
import Glibc

/// Packs: the data of many files, one after another in one file.
package enum Pack {
  /// A file system copies whole blocks without touching their bytes, where it can.
  private static let alignment: Int64 = 4096

  /// Copies the data of `entries` into `descriptor`, an empty file. `examined` are their contents with
  /// pieces that have no place yet, by index; equal contents get one place. Returns the layer.
  package static func write(
    _ entries: [FileEntry], examined: [PackedContent?], from contents: some FileContents,
    to descriptor: CInt, threads: Int
  ) throws -> Layer {
    var placed = examined
    var places: [PackedContent.Key: Int] = [:]
    var work: [Int] = []
    var end: Int64 = 0
    for index in entries.indices {
      guard let content = examined[index] else { continue }
      if let first = places[content.key] {
        placed[index] = placed[first]
        continue
      }
      places[content.key] = index
      work.append(index)
      for piece in content.pieces.indices {
        placed[index]?.pieces[piece].place = end
        end = (end + content.pieces[piece].count + alignment - 1) / alignment * alignment
      }
    }
    try system("extend", "a pack") { ftruncate(descriptor, off_t(end)) }
    let (order, targets) = (work, placed)
    try Parallel.forEach(order.count, threads: threads) { position in
      let index = order[position]
      for piece in targets[index]?.pieces ?? [] {
        let copied = try contents.withContent(of: entries[index], at: piece.start) { source, offset in
          try system("pack", "\(entries[index].path)") {
            clinux_copy_range(source, offset, descriptor, piece.place, piece.count)
          }
        }
        if copied != piece.count {
          throw ContentChanged(
            path: entries[index].path, expected: entries[index].size, found: piece.start + copied)
        }
      }
    }
    return Layer(entries: entries, contents: placed, packSize: end)
  }

  /// The first file whose content in `descriptor` is not what the layer says, nil if there is none. All of
  /// it is read.
  package static func firstDamage(of layer: Layer, in descriptor: CInt, threads: Int) throws -> TreePath? {
    var seen: Set<PackedContent.Key> = []
    let indices = layer.entries.indices.filter { index in
      layer.contents[index].map { seen.insert($0.key).inserted } ?? false
    }
    let damaged = try Parallel.map(indices.count, threads: threads) { position in
      let index = indices[position]
      guard let content = layer.contents[index] else { return false }
      return try digest(of: content, size: layer.entries[index].size, in: descriptor) != content.digest
    }
    return zip(indices, damaged).first { $1 }.map { layer.entries[$0.0].path }
  }

  /// Of a file with its holes; nil when the pack ends before it does.
  private static func digest(of content: PackedContent, size: Int64, in descriptor: CInt) throws -> Digest? {
    let capacity = 1 << 18
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 4096)
    defer { buffer.deallocate() }
    var hasher = Digest.Hasher()
    var position: Int64 = 0
    for piece in content.pieces {
      addZeros(piece.start - position, to: &hasher, through: buffer)
      var done: Int64 = 0
      while done < piece.count {
        let want = Int(min(Int64(capacity), piece.count - done))
        let count = try system("read", "a pack") {
          pread(descriptor, buffer.baseAddress!, want, off_t(piece.place + done))
        }
        if count == 0 { return nil }
        hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        done += Int64(count)
      }
      position = piece.end
    }
    addZeros(size - position, to: &hasher, through: buffer)
    return hasher.finish()
  }

  private static func addZeros(
    _ count: Int64, to hasher: inout Digest.Hasher, through buffer: UnsafeMutableRawBufferPointer
  ) {
    if count == 0 { return }
    memset(buffer.baseAddress!, 0, buffer.count)
    var left = count
    while left > 0 {
      hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<Int(min(left, Int64(buffer.count)))]))
      left -= Int64(buffer.count)
    }
  }
}

extension PackedContent {
  /// Equal for contents that are equal and lie in the same way.
  fileprivate struct Key: Hashable {
    var digest: Digest
    var pieces: Int
  }

  fileprivate var key: Key { Key(digest: digest, pieces: pieces.count) }
}
