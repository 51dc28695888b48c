import Diagnosis
import FileTree
import Glibc

/// What ldconfig(8) wants to know of a file: whether it is a shared object of a 64-bit little-endian
/// machine, and what it calls itself. Read by its program headers, as the dynamic linker does; no section
/// counts.
struct SharedObject: Equatable {
  /// `e_machine` of elf(5).
  var machine: UInt16
  /// DT_SONAME; nil when it has none.
  var soname: [UInt8]?

  /// Nil for whatever is no shared object, or a damaged one: ldconfig passes over both.
  init?(_ file: CInt, named name: String) throws(SystemFailure) {
    let header = try SharedObject.read(file, at: 0, count: 64, named: name)
    // Class 64, little-endian, ET_DYN.
    guard header.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]), let kind = header.number(at: 16, bytes: 2),
      kind == 3,
      let machine = header.number(at: 18, bytes: 2), let table = header.number(at: 32, bytes: 8),
      let count = header.number(at: 56, bytes: 2)
    else { return nil }
    self.machine = UInt16(machine)
    let programs = try SharedObject.read(file, at: table, count: count * 56, named: name)
    guard let segments = SharedObject.segments(programs, count: count), let load = segments.load,
      let dynamic = segments.dynamic
    else { return nil }
    let entries = try SharedObject.read(
      file, at: dynamic.offset, count: min(dynamic.size, 1 << 16), named: name)
    guard let (strings, soname) = SharedObject.names(entries) else { return }
    let place = strings - load + soname
    guard place >= 0 else { return nil }
    let text = try SharedObject.read(file, at: place, count: 256, named: name)
    guard let end = text.firstIndex(of: 0) else { return nil }
    self.soname = Array(text[..<end])
  }

  private typealias Segments = (load: Int?, dynamic: (offset: Int, size: Int)?)

  /// `load` is by how much addresses are ahead of offsets in the first PT_LOAD. Nil for a cut table.
  private static func segments(_ table: [UInt8], count: Int) -> Segments? {
    var found: Segments = (nil, nil)
    for start in stride(from: 0, to: count * 56, by: 56) {
      guard let kind = table.number(at: start, bytes: 4), let offset = table.number(at: start + 8, bytes: 8),
        let address = table.number(at: start + 16, bytes: 8),
        let size = table.number(at: start + 32, bytes: 8)
      else { return nil }
      if kind == 1 && found.load == nil { found.load = address - offset }
      if kind == 2 { found.dynamic = (offset, size) }
    }
    return found
  }

  /// DT_STRTAB and DT_SONAME; nil when one is missing.
  private static func names(_ dynamic: [UInt8]) -> (strings: Int, soname: Int)? {
    var strings: Int?
    var soname: Int?
    for start in stride(from: 0, to: dynamic.count, by: 16) {
      guard let tag = dynamic.number(at: start, bytes: 8), tag != 0 else { break }
      let value = dynamic.number(at: start + 8, bytes: 8)
      if tag == 5 { strings = value }
      if tag == 14 { soname = value }
    }
    guard let strings, let soname else { return nil }
    return (strings, soname)
  }

  /// Up to `count` bytes: fewer at the end of the file.
  private static func read(_ file: CInt, at offset: Int, count: Int, named name: String) throws(SystemFailure)
    -> [UInt8]
  {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = try system("read", name) { pread(file, &bytes, count, offset) }
    return Array(bytes[..<got])
  }
}

extension [UInt8] {
  /// Little-endian; nil beyond the end, and for what no offset in a file can be.
  fileprivate func number(at place: Int, bytes length: Int) -> Int? {
    guard place + length <= count else { return nil }
    let value = self[place..<place + length].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return value < UInt64(Int32.max) << 16 ? Int(value) : nil
  }
}
