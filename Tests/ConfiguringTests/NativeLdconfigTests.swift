import FileTree
import Foundation
import Glibc
import Sandbox
import TestSupport
import Testing

@testable import Configuring

/// Our ldconfig(8) against the host's, on one tree of the host's own libraries.
@Suite struct NativeLdconfigTests {
  private static let triplet = "\(Machine.host.rawValue)-linux-gnu"
  private let scratch: ScratchDirectory

  init() throws { scratch = try ScratchDirectory() }

  /// Libraries with and without their links, in places that the loader finds by itself and by the config.
  private func makeTree(_ name: String) throws -> String {
    let tree = scratch.file(name)
    try runTool(
      "sh",
      [
        "-ec",
        """
        from=/usr/lib/$2
        mkdir -p "$1/etc/ld.so.conf.d" "$1/usr/lib/$2/glibc-hwcaps" "$1/usr/sbin" "$1/usr/lib/own/deep"
        mkdir "$1/var" "$1/var/cache"
        ln -s usr/lib "$1/lib"
        to=$1/usr/lib/$2
        cp /sbin/ldconfig "$1/usr/sbin"
        # With links and without; libz twice, as two versions.
        cp -a $from/libc.so.6 $from/libm.so.6 $from/ld-linux-*.so.* "$to"
        cp -a $from/libcrypt.so.1* $from/libstdc++.so.6* "$to"
        cp -L $from/libz.so.1 "$to/libz.so.1.2.9"
        cp -L $from/libz.so.1 "$to/libz.so.1.2.13"
        cp -L $from/libbz2.so.1.0 "$1/usr/lib/own/libbz2.so.1.0.4"
        cp -L $from/libzstd.so.1 "$1/usr/lib/own/deep/libzstd.so.1.5.4"
        cp -L $from/libm.so.6 "$1/usr/lib/own/libm.so.6"
        ln -s libz.so.1.2.13 "$to/libz.so"
        # What leads nowhere, what is no library, what only has a name like one.
        ln -s nothing "$to/libgone.so.1"
        ln -s nothing "$to/libgone.so"
        echo 'GROUP ( libc.so.6 )' >"$to/libc.so"
        cp /bin/true "$to/libtrue.so.1"
        mkdir "$to/libdirectory.so.1"
        ln -s deep "$1/usr/lib/own/libdeep.so.1"
        printf 'include /etc/ld.so.conf.d/*.conf\\n' >"$1/etc/ld.so.conf"
        printf '# Own\\n/usr/lib/own/\\n  /usr/lib/own/deep # deep\\n/usr/lib/none\\n' \\
          >"$1/etc/ld.so.conf.d/own.conf"
        printf '/usr/lib/%s\\n' "$2" >"$1/etc/ld.so.conf.d/$2.conf"
        printf '/nowhere\\n' >"$1/etc/ld.so.conf.d/.hidden.conf"
        """, "sh", tree, NativeLdconfigTests.triplet,
      ])
    return tree
  }

  private func compare(_ change: String = ":") throws {
    let trees = try ["real", "ours"].map(makeTree)
    for tree in trees {
      try runTool("sh", ["-ec", change, "sh", "\(tree)/usr/lib/\(NativeLdconfigTests.triplet)"])
    }
    try runTool("/sbin/ldconfig", ["-X", "-r", trees[0]])
    try runTool("/sbin/ldconfig", ["-r", trees[0]])
    let root = try Descriptor(opening: trees[1], O_RDONLY | O_DIRECTORY)
    var ldconfig = NativeLdconfig(root: root.raw, machine: .host)
    try ldconfig.run(date: 1_700_000_000)
    let caches = try trees.map { try contents(ofFile: "\($0)/etc/ld.so.cache") ?? [] }
    #expect(caches[0].count > 500)
    #expect(caches[0] == caches[1])
    let listings = try trees.map {
      try runTool("sh", ["-c", "cd \"$1\" && find usr etc -printf '%p %y %l %m\\n' | sort", "sh", $0])
    }
    #expect(listings[0] == listings[1])
    #expect(listings[1].contains("/libz.so.1 l libz.so.1.2.13 "))
    #expect(!listings[1].contains("libgone.so.1"))
    var information = stat()
    #expect(
      stat("\(trees[1])/etc/ld.so.cache", &information) == 0 && information.st_mtim.tv_sec == 1_700_000_000)
  }

  @Test func `makes the cache and the links that glibc's own makes`() throws { try compare() }

  @Test func `a link that leads to another library is set right, and a file in its place is left`() throws {
    try compare("ln -s libz.so.1.2.9 \"$1/libz.so.1\"; cp -L /usr/lib/*/libzstd.so.1 \"$1/libzstd.so.1.4.0\"")
  }

  @Test func `libraries for special processors come first, by their file's name`() throws {
    try compare(
      """
      for level in second first; do
        mkdir "$1/glibc-hwcaps/$level"
        cp -L "$1/libz.so.1.2.13" "$1/glibc-hwcaps/$level/libz.so.1.9"
      done
      """)
  }

  @Test func `a tree without ldconfig gets no cache, and one that does not say its glibc is refused`() throws
  {
    let tree = try makeTree("other")
    let root = try Descriptor(opening: tree, O_RDONLY | O_DIRECTORY)
    var ldconfig = NativeLdconfig(root: root.raw, machine: .host)
    try Data("#!/bin/sh\n".utf8).write(to: URL(filePath: "\(tree)/usr/sbin/ldconfig"))
    #expect(throws: ConfiguringError("libc-bin", .unknownLoaderCache)) { try ldconfig.run(date: 0) }
    try FileManager.default.removeItem(atPath: "\(tree)/usr/sbin/ldconfig")
    try ldconfig.run(date: 0)
    #expect(access("\(tree)/etc/ld.so.cache", F_OK) != 0)
  }

  @Test(arguments: [
    ("libz.so.1", "libz.so.1", 0), ("libz.so.9", "libz.so.10", -1), ("libz.so.01", "libz.so.1", 0),
    ("liba1", "liba.", 1), ("libb", "liba", 1), ("lib", "liba", -1), ("liba", "lib", 1),
  ])
  func `names are ordered as the loader orders them`(a: String, b: String, expected: Int) {
    #expect(LoaderCache.libraryOrder(Array(a.utf8), Array(b.utf8)).signum() == expected)
    #expect(LoaderCache.libraryOrder(Array(b.utf8), Array(a.utf8)).signum() == -expected)
  }
}
