import BuildModel
import Diagnosis
import FileTree
import Glibc
import Sandbox
import Threads

/// A build of three files in a tier, from the workspace to the owners that an image would have. It takes some
/// hundredths of a second and tells what no look at settings can: whether this host lets it be done.
struct MicroBuild {
  var privilege: Privilege
  var context: HostContext
  var cancellation: Cancellation
  /// Where workspaces are made; nil for the cache.
  var directory: String?

  func run() throws {
    let workspace = try Workspace(
      cache: directory ?? context.cacheDirectory, privilege: privilege, executable: context.executable)
    let session = WorkerSession(
      objects: { _ in throw Report("cannot try a build: it needs no objects") },
      artifacts: { _ in throw Report("cannot try a build: it makes no artifacts") },
      events: { _ in }, cancellation: cancellation)
    let outcome = Result {
      try session.run(
        .attempt, workspace: workspace.stage.raw, privilege: privilege, executable: context.executable)
    }
    try workspace.remove(executable: context.executable)
    _ = try outcome.get()
  }

  // MARK: In the worker

  private static let program: TreePath = "program"
  private static let owned: TreePath = "owned"
  /// To whom the worker gives a file, and to whom the program in the tree then does.
  private static let owners = (worker: Owner(user: 5, group: 42), program: Owner(user: 7, group: 8))

  /// What `run` has the worker do.
  static func attempt() throws {
    let tree = try Tree(making: "attempt")
    var writer = TreeWriter(root: tree.root.raw)
    let capability = ExtendedAttribute(name: Ownership.capabilityName, value: netBindService)
    try writer.makeFile(FileEntry(path: program, kind: .file, mode: 0o755)) { descriptor in
      try TinyProgram.bytes.withUnsafeBytes {
        try writeAll($0, to: descriptor, at: 0, named: "a program")
      }
    }
    try writer.makeFile(
      FileEntry(
        path: owned, kind: .file, mode: 0o4755, owner: owners.worker, extendedAttributes: [capability])
    ) { _ in }
    try check(tree.root.raw, owner: owners.worker, capability: netBindService)
    let status = try Sandbox.run(
      SandboxPlan(tree: tree.name, command: [program.description], environment: [])
    ) { _ in }
    guard status.isSuccess else { throw Report("cannot change an owner in a step: the program \(status)") }
    // By which a file loses what it could do in its owner's name.
    try check(tree.root.raw, owner: owners.program, capability: nil)
  }

  private static func check(_ root: CInt, owner: Owner, capability: [UInt8]?) throws {
    guard let found = try TreeWalk.entries(below: root).first(where: { $0.path == owned }) else {
      throw Report("cannot try a build: its file is gone")
    }
    guard found.owner == owner, found.extendedAttributes.first?.value == capability else {
      throw Report(
        "cannot keep owners: what belongs to \(owner.user):\(owner.group) is shown as "
          + "\(found.owner.user):\(found.owner.group), or its capabilities are wrong")
    }
  }

  /// CAP_NET_BIND_SERVICE, permitted: revision 2 of `vfs_ns_cap_data`, linux/capability.h.
  private static let netBindService: [UInt8] = [0, 0, 0, 2, 0, 4, 0, 0] + [UInt8](repeating: 0, count: 12)
}

/// An executable for this host, of no library, that gives `/owned` to 7:8 and ends with the errno of that.
private enum TinyProgram {
  private static let base: UInt64 = 0x40_0000
  private static let headers = 64 + 56

  static var bytes: [UInt8] {
    let size = UInt64(headers + code.count)
    return elf(entry: base + UInt64(headers)) + segment(size) + code
  }

  /// Elf64_Ehdr of elf.h, with the program header behind it.
  private static func elf(entry: UInt64) -> [UInt8] {
    let identity: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
    let type: [UInt16] = [2, UInt16(Machine.host.number)]
    let sizes: [UInt16] = [64, 56, 1, 0, 0, 0]
    return identity + little(type) + little([UInt32(1)]) + little([entry, 64, 0]) + little([UInt32(0)])
      + little(sizes)
  }

  /// Elf64_Phdr: all of the file, to be read and executed.
  private static func segment(_ size: UInt64) -> [UInt8] {
    little([UInt32(1), 5]) + little([0, base, base, size, size, 0x1000])
  }

  private static func little<N: FixedWidthInteger>(_ numbers: [N]) -> [UInt8] {
    numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian, Array.init) }
  }

  private static let path = Array("/owned\0".utf8)

  #if arch(arm64)
    /// fchownat(AT_FDCWD, path, 7, 8, 0); exit(-x0)
    private static let code =
      little(
        [
          0x9280_0c60, 0x1000_0121, 0xd280_00e2, 0xd280_0103, 0xd280_0004, 0xd280_06c8, 0xd400_0001,
          0xcb00_03e0, 0xd280_0ba8, 0xd400_0001,
        ] as [UInt32]) + path
  #else
    /// chown(path, 7, 8); exit(-eax)
    private static let code: [UInt8] =
      [0xb8, 92, 0, 0, 0, 0x48, 0x8d, 0x3d, 23, 0, 0, 0, 0xbe, 7, 0, 0, 0, 0xba, 8, 0, 0, 0, 0x0f, 0x05]
      + [0xf7, 0xd8, 0x89, 0xc7, 0xb8, 60, 0, 0, 0, 0x0f, 0x05] + path
  #endif
}
