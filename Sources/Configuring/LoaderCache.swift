import Sandbox

/// `/etc/ld.so.cache` as ldconfig(8) of glibc 2.36 and later writes it: its elf/cache.c and
/// stringtable.c, byte for byte.
struct LoaderCache {
  struct Entry: Equatable {
    /// What programs ask for.
    var soname: [UInt8]
    /// Absolute.
    var path: [UInt8]
    /// The directory of `glibc-hwcaps` that it is in.
    var capability: [UInt8]?
  }

  /// Kept in the order of the file. Of equal ones, what was found first is first.
  private(set) var entries: [Entry]
  private let flags: UInt32
  /// What ldconfig says of itself at the end.
  private let generator: [UInt8]

  init(_ found: [Entry], machine: Machine, generator: [UInt8]) {
    // Sorting is stable since Swift 5, and ours relies on it.
    entries = found.enumerated().sorted { a, b in
      let order = LoaderCache.order(a.element, b.element)
      return order == 0 ? a.offset < b.offset : order < 0
    }.map(\.element)
    self.generator = generator
    // FLAG_ELF_LIBC6, with which ABI of it.
    flags =
      switch machine {
      case .x86_64: 0x0303
      case .aarch64: 0x0a03
      }
  }

  /// By descending names; below a name, those for special processors come first.
  private static func order(_ a: Entry, _ b: Entry) -> Int {
    let names = libraryOrder(b.soname, a.soname)
    if names != 0 { return names }
    switch (a.capability, b.capability) {
    case (nil, nil): return 0
    case (nil, _?): return 1
    case (_?, nil): return -1
    case (let a?, let b?): return a == b ? 0 : a.lexicographicallyPrecedes(b) ? -1 : 1
    }
  }

  /// `_dl_cache_libcmp`: digits are compared as numbers, and are above everything else.
  static func libraryOrder(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var (a, b) = (a[...], b[...])
    func isDigit(_ byte: UInt8?) -> Bool { byte.map { (48...57).contains($0) } ?? false }
    func number(_ text: inout ArraySlice<UInt8>) -> Int32 {
      var value: Int32 = 0
      while let digit = text.first, isDigit(digit) {
        value = value &* 10 &+ Int32(digit - 48)
        text.removeFirst()
      }
      return value
    }
    while let first = a.first {
      switch (isDigit(first), isDigit(b.first)) {
      case (true, true):
        let (x, y) = (number(&a), number(&b))
        if x != y { return x < y ? -1 : 1 }
      case (true, false): return 1
      case (false, true): return -1
      case (false, false):
        guard first == b.first else { return Int(first) - Int(b.first ?? 0) }
        a.removeFirst()
        b.removeFirst()
      }
    }
    return -Int(b.first ?? 0)
  }

  /// Header, entries, strings, then extensions: who wrote it, and the names of processors.
  var bytes: [UInt8] {
    let capabilities = Set(entries.compactMap(\.capability)).sorted { $0.lexicographicallyPrecedes($1) }
    let headers = 48 + 24 * entries.count
    let strings = SuffixStrings(entries.flatMap { [$0.soname, $0.path] } + capabilities)
    func place(_ text: [UInt8]) -> UInt32 { UInt32(headers + strings.places[text]!) }
    let extensions = (headers + strings.bytes.count + 3) & ~3

    var file = Array("glibc-ld.so.cache1.1".utf8)
    file.append(UInt32(entries.count))
    file.append(UInt32(strings.bytes.count))
    // Little-endian.
    file += [2, 0, 0, 0]
    file.append(UInt32(extensions))
    file += [UInt8](repeating: 0, count: 12)
    for entry in entries {
      file.append(flags)
      file.append(place(entry.soname))
      file.append(place(entry.path))
      // The oldest kernel, which glibc 2.36 neither writes nor reads any more.
      file.append(UInt32(0))
      let capability = entry.capability.map { name in
        UInt64(1) << 62 | UInt64(capabilities.firstIndex(of: name)!)
      }
      file.append(capability ?? 0)
    }
    file += strings.bytes
    file += [UInt8](repeating: 0, count: extensions - file.count)

    file.append(0xeaa4_2174 as UInt32)
    let sections = capabilities.isEmpty ? 1 : 2
    file.append(UInt32(sections))
    let data = extensions + 8 + 16 * sections
    file.append(section: 0, at: data + 4 * capabilities.count, size: generator.count)
    if !capabilities.isEmpty { file.append(section: 1, at: data, size: 4 * capabilities.count) }
    for name in capabilities { file.append(place(name)) }
    return file + generator
  }
}

/// Strings that end with a zero each, once each; one that is another's end lies in it.
private struct SuffixStrings {
  var bytes: [UInt8] = []
  var places: [[UInt8]: Int] = [:]

  init(_ strings: [[UInt8]]) {
    // Descending when read from the end, so that a string follows those that end with it.
    let sorted = Set(strings).sorted { a, b in b.reversed().lexicographicallyPrecedes(a.reversed()) }
    var previous: [UInt8] = []
    for string in sorted {
      if let place = places[previous], previous.suffix(string.count) == string[...] {
        places[string] = place + previous.count - string.count
      } else {
        places[string] = bytes.count
        bytes += string + [0]
      }
      previous = string
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append<Number: FixedWidthInteger>(_ number: Number) {
    append(contentsOf: Swift.withUnsafeBytes(of: number.littleEndian, Array.init))
  }

  /// An extension of the file: its tag, no flags, and where it lies.
  fileprivate mutating func append(section tag: UInt32, at place: Int, size: Int) {
    for number in [tag, 0, UInt32(place), UInt32(size)] { append(number) }
  }
}
