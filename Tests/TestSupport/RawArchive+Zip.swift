extension RawArchive {
  /// A zip archive of the same members. `deflate` compresses a content as the format has it; without, all
  /// are stored. A symbolic link's content is its target, and what zip does not know is left out.
  package static func zip(
    _ members: [Member], deflate: (([UInt8]) throws -> [UInt8])? = nil
  ) rethrows -> [UInt8] {
    var (bytes, directory, count): ([UInt8], [UInt8], Int) = ([], [], 0)
    for member in members.flatMap({ Array(repeating: $0, count: $0.times) }) {
      let isDirectory = member.type == "5"
      let name = member.name + (isDirectory && member.name.last != 0x2f ? [0x2f] : [])
      let content = member.type == "2" ? Array(member.link.utf8) : member.content
      let stored = try deflate?(content) ?? content
      let sizes = [crc(of: content), UInt32(stored.count), UInt32(member.size ?? content.count)]
      // Version needed, flags, method, time and date.
      let common =
        little(20, 2) + little(0, 2) + little(deflate == nil ? 0 : 8, 2) + little(0, 4)
        + sizes.flatMap { little(Int($0), 4) } + little(name.count, 2) + little(0, 2)
      let offset = bytes.count
      bytes += [0x50, 0x4b, 3, 4] + common + name + stored
      // Made by Unix, whose mode is in the upper half of the attributes.
      directory += [0x50, 0x4b, 1, 2, 20, 3] + common + little(0, 2) + little(0, 2) + little(0, 2)
      directory += little((kind(of: member.type) | member.mode) << 16, 4) + little(offset, 4) + name
      count += 1
    }
    let end = [0x50, 0x4b, 5, 6, 0, 0, 0, 0] + little(count, 2) + little(count, 2)
    return bytes + directory + end + little(directory.count, 4) + little(bytes.count, 4) + little(0, 2)
  }

  private static func little(_ value: Int, _ bytes: Int) -> [UInt8] {
    (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// The file type bits of a mode.
  private static func kind(of type: Character) -> Int {
    switch type {
    case "2": 0o120000
    case "3": 0o020000
    case "4": 0o060000
    case "5": 0o040000
    case "6": 0o010000
    default: 0o100000
    }
  }

  private static let table: [UInt32] = (0..<256).map { value in
    (0..<8).reduce(UInt32(value)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
  }

  private static func crc(of bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { table[Int(($0 ^ UInt32($1)) & 0xff)] ^ $0 >> 8 }
  }
}
