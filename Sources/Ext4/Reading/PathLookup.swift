import FileTree

/// A regular file of an image.
package struct ImageFile: Sendable {
  private let content: StoredContent
  private let image: String
  private let path: String

  package var size: UInt64 { content.size }

  fileprivate init(_ content: StoredContent, _ path: String, in image: String) {
    (self.content, self.path, self.image) = (content, path, image)
  }

  /// Fills `buffer` from byte `offset` on and returns how many bytes there were; 0 at the end.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
  ) throws(Ext4ReadFailure) -> Int {
    do throws(Damage) {
      return try content.read(into: buffer, at: offset)
    } catch {
      throw Ext4ReadFailure(image, path: path, error)
    }
  }

  /// All of it, which is expected to have at most `limit` bytes.
  package func bytes(atMost limit: Int) throws(Ext4ReadFailure) -> [UInt8] {
    do throws(Damage) {
      return try content.bytes(atMost: limit)
    } catch {
      throw Ext4ReadFailure(image, path: path, error)
    }
  }
}

extension Ext4FileSystem {
  /// As many as the kernel follows.
  private static let mostLinks = 40

  /// The regular file that a process finds at `path` whose root is the image: symbolic links are
  /// followed, and nothing leads above the root. Only the directories on the way are read.
  package func file(at path: String) throws(Ext4ReadFailure) -> ImageFile {
    do throws(Damage) {
      guard let inode = try find(path) else { throw Damage("no such file or directory", hints: []) }
      switch try inode.kind(in: self) {
      case .file: return ImageFile(try StoredContent(of: inode, in: self), path, in: name)
      case .directory:
        throw Damage("it is a directory", hints: ["`inspect --tree` lists what it holds"])
      default: throw Damage("it is a device, a socket or a named pipe, and has no content", hints: [])
      }
    } catch {
      throw Ext4ReadFailure(name, path: path, error)
    }
  }

  /// The same; nil when nothing is there, or no regular file.
  package func regularFile(at path: String) throws(Ext4ReadFailure) -> ImageFile? {
    do throws(Damage) {
      guard let inode = try find(path), case .file = try inode.kind(in: self) else { return nil }
      return ImageFile(try StoredContent(of: inode, in: self), path, in: name)
    } catch {
      throw Ext4ReadFailure(name, path: path, error)
    }
  }

  private func find(_ path: String) throws(Damage) -> StoredInode? {
    releaseClaims()
    // What is still to be walked, the next component last.
    var rest = components(of: Array(path.utf8))
    // The directories on the way from the root, and where it has led.
    var way = [try readable(StoredInode.root)]
    var directories: [UInt32: StoredDirectory] = [:]
    var links = 0
    while let name = rest.popLast() {
      let current = way[way.count - 1]
      guard current.isDirectory else { return nil }
      if name == Array(".".utf8) { continue }
      if name == Array("..".utf8) {
        if way.count > 1 { way.removeLast() }
        continue
      }
      // A link may lead through one directory many times.
      let directory =
        if let known = directories[current.number] { known } else { try StoredDirectory(current, in: self) }
      directories[current.number] = directory
      guard let number = directory.names.first(where: { $0.name.elementsEqual(name) })?.inode else {
        return nil
      }
      let inode = try readable(number)
      guard case .symbolicLink(let target) = try inode.kind(in: self) else {
        way.append(inode)
        continue
      }
      links += 1
      if links > Self.mostLinks {
        throw Damage("it leads through more than \(Self.mostLinks) symbolic links", hints: [])
      }
      if target.first == UInt8(ascii: "/") { way.removeLast(way.count - 1) }
      rest += components(of: target)
    }
    return way[way.count - 1]
  }

  private func readable(_ number: UInt32) throws(Damage) -> StoredInode {
    let inode = try inode(number)
    try inode.checkReadable()
    return inode
  }

  /// Last one first.
  private func components(of path: [UInt8]) -> [[UInt8]] {
    path.split(separator: UInt8(ascii: "/")).map(Array.init).reversed()
  }
}
