import Compression
import Diagnosis
import Glibc
import Testing

@Suite final class TransportCopyTests {
  private let path: String

  init() {
    var template = Array("/var/tmp/capsem-zstd-XXXXXX".utf8CString)
    precondition(mkdtemp(&template) != nil, "cannot make a scratch directory")
    path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    // 21 MiB: data, a frame that is a hole, and a last piece that is short.
    system(
      "cd \(path) && truncate -s 21M sparse && head -c 3M /dev/urandom | dd of=sparse conv=notrunc status=none && echo end | dd of=sparse bs=1M seek=20 conv=notrunc status=none && cp --sparse=never sparse full && : > empty"
    )
  }

  deinit { system("rm -rf \(path)") }

  private func compress(_ name: String, to target: String, level: Int = 3, threads: Int) throws {
    let source = open("\(path)/\(name)", O_RDONLY)
    let output = open("\(path)/\(target)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer {
      close(source)
      close(output)
    }
    try TransportCopy.write(from: source, to: output, level: level, threads: threads)
  }

  @Test func `zstd gives back the image`() throws {
    try compress("sparse", to: "sparse.zst", level: 19, threads: 2)
    #expect(system("cd \(path) && zstd -qdc sparse.zst | cmp - full && zstd -qt sparse.zst") == 0)
    try compress("empty", to: "empty.zst", threads: 2)
    #expect(system("test ! -s \(path)/empty.zst") == 0)
  }

  @Test func `neither threads nor the host's holes change a byte`() throws {
    try compress("sparse", to: "one", threads: 1)
    try compress("sparse", to: "three", threads: 3)
    try compress("full", to: "full.zst", threads: 2)
    #expect(system("cd \(path) && cmp one three && cmp one full.zst") == 0)
  }

  @Test func `a level that zstd does not have is an error`() {
    #expect(throws: Report("cannot compress the image: level 23 is not within 1 to 22")) {
      try compress("empty", to: "never", level: 23, threads: 1)
    }
  }

  @Test func `a target that takes no more is an error and no hang`() {
    let source = open("\(path)/full", O_RDONLY)
    let full = open("/dev/full", O_WRONLY)
    #expect(throws: SystemFailure("write", "the compressed image", code: ENOSPC)) {
      try TransportCopy.write(from: source, to: full, level: 1, threads: 4)
    }
    close(full)
    close(source)
  }
}
