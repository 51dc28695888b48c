import FileTree

/// The index of a layer as bytes: numbers little-endian, texts with their lengths before them, at the end
/// the SHA-256 of everything before it. Another format has another first line.
extension Layer {
  private static let heading = Array("capsem layer 1\n".utf8)
  private static let digestSize = 32

  package var bytes: [UInt8] {
    var output = IndexWriter(capacity: entries.count * 192)
    output.bytes += Layer.heading
    output.put(packSize)
    output.put(UInt32(entries.count))
    for (entry, content) in zip(entries, contents) {
      output.put(entry)
      output.put(UInt32(content?.pieces.count ?? 0))
      guard let content else { continue }
      output.bytes += content.digest.bytes
      for piece in content.pieces {
        output.put(piece.start)
        output.put(piece.place)
        output.put(piece.count)
      }
    }
    return output.bytes + Digest(of: output.bytes).bytes
  }

  /// Throws `LayerError` for what `bytes` did not write, to the last bit.
  package init(bytes: [UInt8]) throws(LayerError) {
    guard bytes.starts(with: Layer.heading), bytes.count > Layer.heading.count + Layer.digestSize else {
      throw LayerError("cannot read a layer: it is of another format")
    }
    let end = bytes.count - Layer.digestSize
    guard Digest(of: Array(bytes[..<end])).bytes.elementsEqual(bytes[end...]) else {
      throw LayerError("cannot read a layer: its index is damaged")
    }
    var input = IndexReader(bytes: bytes, from: Layer.heading.count, to: end)
    packSize = try input.number(Int64.self)
    let count = Int(try input.number(UInt32.self))
    entries = []
    contents = []
    entries.reserveCapacity(count)
    contents.reserveCapacity(count)
    for _ in 0..<count {
      entries.append(try input.entry())
      let pieces = try input.number(UInt32.self)
      if pieces == 0 {
        contents.append(nil)
        continue
      }
      guard let digest = Digest(bytes: try input.take(Layer.digestSize)) else { throw IndexReader.short }
      var content = PackedContent(digest: digest, pieces: [])
      for _ in 0..<pieces {
        content.pieces.append(
          PackedContent.Piece(
            start: try input.number(Int64.self), place: try input.number(Int64.self),
            count: try input.number(Int64.self)))
      }
      contents.append(content)
    }
  }
}

private struct IndexWriter {
  var bytes: [UInt8] = []

  init(capacity: Int) { bytes.reserveCapacity(capacity) }

  mutating func put(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func put(text: [UInt8]) {
    put(UInt32(text.count))
    bytes += text
  }

  mutating func put(_ entry: FileEntry) {
    put(text: entry.path.bytes)
    put(entry.mode)
    put(entry.owner.user)
    put(entry.owner.group)
    put(entry.modified.seconds)
    put(entry.modified.nanoseconds)
    put(entry.size)
    put(UInt32(entry.hardLinkGroup ?? 0))
    put(UInt16(entry.extendedAttributes.count))
    for attribute in entry.extendedAttributes {
      put(text: Array(attribute.name.utf8))
      put(text: attribute.value)
    }
    switch entry.kind {
    case .directory: put(UInt8(0))
    case .file: put(UInt8(1))
    case .symbolicLink(let target):
      put(UInt8(2))
      put(text: target)
    case .characterDevice(let major, let minor):
      put(UInt8(3))
      put(major)
      put(minor)
    case .blockDevice(let major, let minor):
      put(UInt8(4))
      put(major)
      put(minor)
    case .fifo: put(UInt8(5))
    case .socket: put(UInt8(6))
    }
  }
}

private struct IndexReader {
  let bytes: [UInt8]
  var position: Int
  let end: Int

  static let short = LayerError("cannot read a layer: its index ends too early")

  init(bytes: [UInt8], from start: Int, to end: Int) {
    self.bytes = bytes
    position = start
    self.end = end
  }

  mutating func take(_ count: Int) throws(LayerError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= end - position else { throw IndexReader.short }
    defer { position += count }
    return bytes[position..<position + count]
  }

  mutating func number<Number: FixedWidthInteger>(_: Number.Type) throws(LayerError) -> Number {
    let size = MemoryLayout<Number>.size
    guard size <= end - position else { throw IndexReader.short }
    defer { position += size }
    return bytes.withUnsafeBytes {
      Number(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: Number.self))
    }
  }

  mutating func text() throws(LayerError) -> [UInt8] { Array(try take(Int(number(UInt32.self)))) }

  mutating func entry() throws(LayerError) -> FileEntry {
    // The index is ours to the last bit, or its digest had not been right.
    let path = TreePath(unchecked: try text())
    let mode = try number(UInt16.self)
    let owner = Owner(user: try number(UInt32.self), group: try number(UInt32.self))
    let modified = Timestamp(
      seconds: try number(Int64.self), nanoseconds: try number(UInt32.self))
    let size = try number(Int64.self)
    let group = Int(try number(UInt32.self))
    var attributes: [ExtendedAttribute] = []
    for _ in 0..<(try number(UInt16.self)) {
      attributes.append(
        ExtendedAttribute(name: String(decoding: try text(), as: UTF8.self), value: try text()))
    }
    return FileEntry(
      path: path, kind: try kind(), mode: mode, owner: owner, modified: modified, size: size,
      extendedAttributes: attributes, hardLinkGroup: group == 0 ? nil : group)
  }

  private mutating func kind() throws(LayerError) -> FileEntry.Kind {
    switch try number(UInt8.self) {
    case 0: return .directory
    case 1: return .file
    case 2: return .symbolicLink(target: try text())
    case 3: return .characterDevice(major: try number(UInt32.self), minor: try number(UInt32.self))
    case 4: return .blockDevice(major: try number(UInt32.self), minor: try number(UInt32.self))
    case 5: return .fifo
    case 6: return .socket
    default: throw LayerError("cannot read a layer: its index names a kind of file that is none")
    }
  }
}
