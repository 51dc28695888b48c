/// POSIX access control lists, which ext4 stores shorter than `getxattr` shows them.
enum AccessList {
  /// From the kernel's interface (linux/posix_acl_xattr.h: version 2, entries of 8 bytes) to the disk
  /// (fs/ext4/acl.h: version 1, an id only behind the tags of named users and groups). Nil if `value`
  /// is none.
  static func stored(_ value: [UInt8]) -> [UInt8]? {
    guard value.count >= 4, value.count % 8 == 4, Array(value[..<4]) == [2, 0, 0, 0] else { return nil }
    var stored: [UInt8] = [1, 0, 0, 0]
    for entry in stride(from: 4, to: value.count, by: 8) {
      guard let tag = Tag(rawValue: value[entry]), value[entry + 1] == 0 else { return nil }
      stored += value[entry..<entry + 4]
      if tag == .user || tag == .group { stored += value[entry + 4..<entry + 8] }
    }
    return stored
  }

  /// The way back; nil if `stored` is none.
  static func shown(_ stored: [UInt8]) -> [UInt8]? {
    guard stored.count >= 4, Array(stored[..<4]) == [1, 0, 0, 0] else { return nil }
    var value: [UInt8] = [2, 0, 0, 0]
    var rest = stored[4...]
    while !rest.isEmpty {
      guard rest.count >= 4, let tag = Tag(rawValue: rest[rest.startIndex]), rest[rest.startIndex + 1] == 0
      else { return nil }
      value += rest.prefix(4)
      rest = rest.dropFirst(4)
      if tag == .user || tag == .group {
        guard rest.count >= 4 else { return nil }
        value += rest.prefix(4)
        rest = rest.dropFirst(4)
      } else {
        value += [0xff, 0xff, 0xff, 0xff]
      }
    }
    return value
  }

  private enum Tag: UInt8 {
    case userObject = 1
    case user = 2
    case groupObject = 4
    case group = 8
    case mask = 16
    case other = 32
  }
}
