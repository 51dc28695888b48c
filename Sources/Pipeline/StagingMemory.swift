import BuildModel

/// How much memory a tree may take, so that it need not be written to a disk only to be read again.
struct StagingMemory {
  /// Bytes that can be had without anything being pushed out to a disk.
  var free: Int64

  /// By what the kernel estimates to be available, and by the limits of every control group above this
  /// process.
  init(of context: HostContext) {
    let text = context.kernelText("/proc/meminfo") ?? ""
    let available = StagingMemory.number("MemAvailable:", in: text) ?? 0
    let group =
      (context.kernelText("/proc/self/cgroup") ?? "").split(separator: "\n")
      .first { $0.hasPrefix("0::/") }?.dropFirst("0::/".count) ?? ""
    let parts = group.split(separator: "/")
    let below = (0...parts.count).compactMap { depth -> Int64? in
      let directory = (["/sys/fs/cgroup"] + parts.prefix(depth).map(String.init)).joined(separator: "/")
      guard let limit = context.kernelText("\(directory)/memory.max").flatMap(StagingMemory.number),
        let used = context.kernelText("\(directory)/memory.current").flatMap(StagingMemory.number)
      else { return nil }
      let cached = context.kernelText("\(directory)/memory.stat")
        .flatMap { StagingMemory.number("inactive_file", in: $0) }
      return limit - used + (cached ?? 0)
    }
    free = ([available * 1024] + below).min() ?? 0
  }

  init(free: Int64) { self.free = free }

  /// Half of what is free, if the tree will surely fit in it; nil if it may not. Packages say how large they
  /// become; of what is installed beside them only the compressed size is known.
  func room(for lock: LockedArchitecture) -> Int64? {
    let packages = lock.packages.reduce(0) { $0 + $1.installedSize }
    let compressed =
      lock.wheels.reduce(0) { $0 + $1.size } + lock.npm.reduce(0) { $0 + $1.size }
      + lock.files.reduce(0) { $0 + $1.size }
    let need = packages * 5 / 4 + compressed * 6 + (256 << 20)
    return need <= free / 2 ? free / 2 : nil
  }

  private static func number(_ text: String) -> Int64? {
    Int64(text.prefix { $0.isNumber })
  }

  private static func number(_ name: String, in text: String) -> Int64? {
    let line = text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
    return line?.split(separator: " ").dropFirst().first.flatMap { Int64($0) }
  }
}
