import Ext4
import FileTree
import Glibc
import Testing

/// A tree that a test describes, with the contents of its files one after another in one unnamed file.
final class Recipe: FileContents, @unchecked Sendable {
  private(set) var entries: [FileEntry]
  private let blob: CInt
  private var end: Int64 = 777
  private var offsets: [TreePath: Int64] = [:]

  static let created: Int64 = 1_700_000_000

  init() {
    entries = [FileEntry(path: .root, kind: .directory, mode: 0o755, modified: Timestamp(seconds: 5))]
    var template = Array("/var/tmp/capsem-contents-XXXXXX".utf8CString)
    blob = mkstemp(&template)
    unlink(template)
  }

  deinit { close(blob) }

  func add(_ entry: FileEntry) { entries.append(entry) }

  func directory(_ path: TreePath) { add(FileEntry(path: path, kind: .directory, mode: 0o755)) }

  func link(_ path: TreePath, to target: String) {
    add(
      FileEntry(
        path: path, kind: .symbolicLink(target: Array(target.utf8)), mode: 0o777,
        size: Int64(target.utf8.count)))
  }

  func file(_ path: TreePath, _ content: [UInt8] = [], attributes: [ExtendedAttribute] = []) {
    file(path, size: Int64(content.count), pieces: [(0, content)], attributes: attributes)
  }

  /// A file of zeros but for `pieces`.
  func file(
    _ path: TreePath, size: Int64, pieces: [(offset: Int64, bytes: [UInt8])] = [],
    attributes: [ExtendedAttribute] = []
  ) {
    for (offset, bytes) in pieces {
      precondition(pwrite(blob, bytes, bytes.count, off_t(end + offset)) == bytes.count)
    }
    offsets[path] = end
    end += size
    precondition(ftruncate(blob, off_t(end)) == 0)
    add(
      FileEntry(path: path, kind: .file, mode: 0o644, size: size, extendedAttributes: attributes))
  }

  func withContent<R>(of entry: FileEntry, _ body: (CInt, Int64) throws -> R) throws -> R {
    try body(blob, offsets[entry.path]!)
  }

  var sorted: [FileEntry] { entries.sorted { $0.path < $1.path } }

  static func options(
    label: String = "", size: Ext4Options.Size = .minimal, headroom: Int64 = 0, isReadOnly: Bool = false
  ) -> Ext4Options {
    Ext4Options(
      label: label, uuid: Array(1...16), hashSeed: Array(101...116), created: created, size: size,
      headroom: headroom, isReadOnly: isReadOnly)
  }

  /// Writes the tree as an image and lets e2fsck look at it.
  @discardableResult
  func image(
    at path: String, options: Ext4Options = options(), scanning: Bool = true, threads: Int = 2,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Ext4Layout {
    let entries = sorted
    let data = scanning ? try DataRanges(entries, contents: self.examine(entries, threads: threads)) : .dense
    let layout = try Ext4Layout(entries, data: data, options: options)
    try write(layout, contents: self, to: path, threads: threads)
    Judge.expectClean(path, sourceLocation: sourceLocation)
    return layout
  }
}

func write(_ layout: Ext4Layout, contents: some FileContents, to path: String, threads: Int) throws {
  let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
  try #require(descriptor >= 0)
  defer { close(descriptor) }
  try Ext4Image.write(layout, to: descriptor, contents: contents, threads: threads)
}

/// The tree below a directory as text, `lost+found` left out.
func treeText(_ path: String) throws -> [String] {
  let root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  try #require(root >= 0)
  defer { close(root) }
  let entries = try TreeWalk.entries(below: root).filter { $0.path != "lost+found" }
  return try TreeText(of: entries, contents: DirectoryContents(root: root), threads: 2).lines
}
