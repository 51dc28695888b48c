import Glibc
import Testing

/// The programs that judge an image. None of them is ours.
enum Judge {
  /// With CAPSEM_TEST_STRICT=1 a missing tool is a failing test, never a skipped one.
  static let isStrict = getenv("CAPSEM_TEST_STRICT").map { String(cString: $0) == "1" } ?? false
  static let canMount = isStrict || (getuid() == 0 && run("modprobe -q loop; losetup -f").status == 0)
  static let hasTools = isStrict || run("PATH=$PATH:/sbin; command -v e2fsck dumpe2fs debugfs").status == 0

  /// Runs a shell command line; its output has both streams.
  static func run(_ command: String) -> (status: CInt, output: String) {
    guard let pipe = popen("PATH=$PATH:/sbin:/usr/sbin LC_ALL=C; { \(command); } 2>&1", "re") else {
      return (-1, "cannot start a shell")
    }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 { output += buffer[..<count] }
    let status = pclose(pipe)
    return (status & 0x7f == 0 ? status >> 8 & 0xff : -1, String(decoding: output, as: UTF8.self))
  }

  /// Expects that e2fsck has nothing to say but its five passes and its summary.
  static func expectClean(_ image: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let (status, output) = run("e2fsck -fn '\(image)'")
    let remarks = output.split(separator: "\n").filter {
      !$0.hasPrefix("e2fsck 1.") && !$0.hasPrefix("Pass ") && !$0.contains(" non-contiguous), ")
    }
    #expect(status == 0 && remarks.isEmpty, "\(output)", sourceLocation: sourceLocation)
  }
}

extension Trait where Self == ConditionTrait {
  static var judged: Self { .enabled(if: Judge.hasTools, "e2fsck, dumpe2fs and debugfs are needed") }
  static var mounted: Self {
    .enabled(if: Judge.canMount && Judge.hasTools, "mounting takes root and a loop device")
  }
}

/// A directory that ends with the test; kept with KEEP_SCRATCH=1.
final class Scratch {
  let path: String

  init() {
    var template = Array("/var/tmp/capsem-ext4-XXXXXX".utf8CString)
    precondition(mkdtemp(&template) != nil, "cannot make a scratch directory")
    path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }

  deinit { if getenv("KEEP_SCRATCH") == nil { _ = Judge.run("rm -rf '\(path)'") } }

  func callAsFunction(_ name: String) -> String { path + "/" + name }

  /// Mounts `image` while `body` looks at it.
  func mounted<R>(_ image: String, options: String = "ro", _ body: (String) throws -> R) throws -> R {
    let point = path + "/mnt"
    mkdir(point, 0o755)
    let mount = Judge.run("mount -t ext4 -o loop,\(options) '\(image)' '\(point)'")
    try #require(mount.status == 0, "\(mount.output)")
    defer {
      // A shell that another test has just started may still hold a descriptor below.
      let unmount = Judge.run("for i in $(seq 50); do umount '\(point)' && exit; sleep .1; done; exit 1")
      #expect(unmount.status == 0, "\(unmount.output)")
    }
    return try body(point)
  }
}
