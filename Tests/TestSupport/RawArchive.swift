/// tar and ar archives byte by byte, for what no honest tool writes.
package enum RawArchive {
  /// One member of a ustar archive. `size` is what the header claims, if not the truth.
  package struct Member: Sendable {
    package var name: [UInt8]
    package var owner = 0
    /// Records of a pax header before the member's own: "path", "SCHILY.xattr.user.note", ….
    package var records: [Record] = []
    /// How many times it comes, one after the other.
    package var times = 1
    package var type: Character
    package var mode: Int
    package var link: String
    package var content: [UInt8]
    package var size: Int?

    package struct Record: Sendable {
      package var key: String
      package var value: [UInt8]
    }

    package init(
      _ name: [UInt8], type: Character = "0", mode: Int = 0o644, link: String = "", content: [UInt8] = [],
      size: Int? = nil
    ) {
      self.name = name
      self.type = type
      self.mode = mode
      self.link = link
      self.content = content
      self.size = size
    }

    package static func file(_ name: String, _ text: String = "content\n", mode: Int = 0o644) -> Member {
      Member(Array(name.utf8), mode: mode, content: Array(text.utf8))
    }
    package static func directory(_ name: String) -> Member {
      Member(Array(name.utf8), type: "5", mode: 0o755)
    }
    package static func symbolicLink(_ name: String, to target: String) -> Member {
      Member(Array(name.utf8), type: "2", mode: 0o777, link: target)
    }
    package static func hardLink(_ name: String, to target: String) -> Member {
      Member(Array(name.utf8), type: "1", link: target)
    }
    /// GNU tar's way to a name of any length: a member of type L before the real one.
    package static func longName(_ name: String) -> [Member] {
      [
        Member(Array("././@LongLink".utf8), type: "L", content: Array(name.utf8) + [0]),
        .file(String(name.prefix(99))),
      ]
    }
    /// A pax header that gives the next member another name.
    package static func pax(_ name: [UInt8]) -> Member {
      var member = Member.file("short")
      member.records = [Record(key: "path", value: name)]
      return member
    }

    /// The pax header, as a member before this one; each record begins with its own length.
    fileprivate var extended: [Member] {
      if records.isEmpty { return [] }
      let content = records.flatMap { record in
        let rest = Array(" \(record.key)=".utf8) + record.value + [0x0a]
        var length = rest.count
        while length != rest.count + String(length).utf8.count {
          length = rest.count + String(length).utf8.count
        }
        return Array("\(length)".utf8) + rest
      }
      return [Member(Array("pax".utf8), type: "x", content: content)]
    }
  }

  package static func tar(_ members: [Member]) -> [UInt8] {
    var bytes: [UInt8] = []
    for member in members {
      let encoded = (member.extended + [member]).flatMap { header(of: $0) + padded($0.content, to: 512) }
      for _ in 0..<member.times { bytes.append(contentsOf: encoded) }
    }
    return bytes + [UInt8](repeating: 0, count: 1024)
  }

  private static func header(of member: Member) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ bytes: some Sequence<UInt8>, at offset: Int, limit: Int) {
      for (index, byte) in bytes.prefix(limit).enumerated() { header[offset + index] = byte }
    }
    func octal(_ value: Int, _ digits: Int) -> [UInt8] {
      let text = String(value, radix: 8)
      return Array((String(repeating: "0", count: digits - text.count) + text).utf8)
    }
    put(member.name, at: 0, limit: 100)
    put(octal(member.mode, 7), at: 100, limit: 7)
    put(octal(member.owner, 7), at: 108, limit: 7)
    put(octal(0, 7), at: 116, limit: 7)
    put(octal(member.size ?? member.content.count, 11), at: 124, limit: 11)
    put(octal(1_700_000_000, 11), at: 136, limit: 11)
    put(Array(repeating: UInt8(ascii: " "), count: 8), at: 148, limit: 8)
    header[156] = member.type.asciiValue!
    put(member.link.utf8, at: 157, limit: 100)
    put("ustar".utf8 + [0] + "00".utf8, at: 257, limit: 8)
    put("root".utf8, at: 265, limit: 32)
    put("root".utf8, at: 297, limit: 32)
    put(octal(1, 7), at: 329, limit: 7)
    put(octal(3, 7), at: 337, limit: 7)
    let sum = header.reduce(0) { $0 + Int($1) }
    put(octal(sum, 6) + [0], at: 148, limit: 7)
    return header
  }

  private static func padded(_ bytes: [UInt8], to block: Int) -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: (block - bytes.count % block) % block)
  }

  package static func ar(_ members: [(name: String, content: [UInt8])]) -> [UInt8] {
    func field(_ text: String, _ width: Int) -> [UInt8] {
      Array(text.utf8) + [UInt8](repeating: UInt8(ascii: " "), count: width - text.utf8.count)
    }
    return members.reduce(into: Array("!<arch>\n".utf8)) { bytes, member in
      bytes += field(member.name, 16) + field("1700000000", 12) + field("0", 6) + field("0", 6)
      bytes += field("100644", 8) + field("\(member.content.count)", 10) + [0x60, 0x0a]
      bytes += member.content + (member.content.count % 2 == 0 ? [] : [0x0a])
    }
  }

  package static func control(_ name: String, _ version: String = "1.0", fields: String = "") -> String {
    "Package: \(name)\nVersion: \(version)\nArchitecture: all\nMaintainer: a <a@b.c>\n\(fields)Description: x\n"
  }

  /// A `.deb` whose data.tar has these members.
  package static func deb(
    _ name: String = "hostile", control: [Member]? = nil, data: [Member]
  ) -> [UInt8] {
    let control = control ?? [.file("./control", RawArchive.control(name))]
    return ar([
      ("debian-binary", Array("2.0\n".utf8)), ("control.tar", tar([.directory("./")] + control)),
      ("data.tar", tar([.directory("./")] + data)),
    ])
  }
}
