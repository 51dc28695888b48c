import Glibc

/// The value of an extended attribute that holds an access list: acl(5), linux/posix_acl_xattr.h. The kernel
/// keeps the list, with root in the place of every named user and group; the ledger keeps their ids, in the
/// list's order, and so permissions, the mask and what is inherited are the kernel's own.
struct AccessList {
  /// In the form of the attribute.
  private(set) var bytes: [UInt8]

  /// `system.posix_acl_access`, or the list that is handed on to what comes into a directory.
  enum Kind: String, CaseIterable {
    case access = "system.posix_acl_access"
    case inherited = "system.posix_acl_default"
  }

  private static let head = 4
  private static let entry = 8
  /// ACL_USER and ACL_GROUP.
  private static let named: Set<UInt16> = [0x02, 0x08]

  /// Nil for what the kernel will refuse.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= AccessList.head, (bytes.count - AccessList.head) % AccessList.entry == 0 else {
      return nil
    }
    self.bytes = bytes
  }

  /// Of the named users and groups.
  var ids: [UInt32] {
    get {
      positions.map { position in
        bytes.withUnsafeBytes {
          UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: UInt32.self))
        }
      }
    }
    set {
      for (position, id) in zip(positions, newValue) {
        bytes.withUnsafeMutableBytes {
          $0.storeBytes(of: id.littleEndian, toByteOffset: position, as: UInt32.self)
        }
      }
    }
  }

  /// Where an entry has its id: behind its tag and permissions.
  private var positions: [Int] {
    stride(from: AccessList.head, to: bytes.count, by: AccessList.entry).filter {
      AccessList.named.contains(UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8)
    }.map { $0 + 4 }
  }
}
