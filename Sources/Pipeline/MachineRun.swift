import Booting
import BuildModel
import Diagnosis
import FileTree
import Glibc
import GuestConfig
import HostTools
import Settings
import Store

/// What `run` was asked for.
package struct RunRequest: Sendable {
  /// The output directory of a build. Absolute.
  package var assets: String
  /// By default the host's, or the only one that is there.
  package var architecture: String?
  /// Its config says how large the machine is, and what a host puts into it; nil for the defaults.
  package var guest: String?
  /// The program and its arguments; empty for a shell.
  package var command: [String]
  /// In place of the config's.
  package var memory: ByteCount?
  /// Seconds.
  package var timeout: Int?
  /// Nil: the processor where that works.
  package var accelerator: Accelerator?
  /// The terminal that the command gets; nil for pipes.
  package var terminal: TerminalSize?
  package var streams: HostStreams

  package init(
    assets: String, architecture: String?, guest: String?, command: [String], memory: ByteCount?,
    timeout: Int?, accelerator: Accelerator?, terminal: TerminalSize?, streams: HostStreams
  ) {
    self.assets = assets
    self.architecture = architecture
    self.guest = guest
    self.command = command
    self.memory = memory
    self.timeout = timeout
    self.accelerator = accelerator
    self.terminal = terminal
    self.streams = streams
  }
}

/// `run`: verified assets, a machine as the config has it, and one command in it.
package struct MachineRun {
  var context: HostContext
  var request: RunRequest
  var wishes: HostWishes

  package init(context: HostContext, request: RunRequest, wishes: HostWishes) {
    self.context = context
    self.request = request
    self.wishes = wishes
  }

  /// How it ended, and how long what took. `announce` hears what is booted, before it is.
  package func run(announce: (MachinePlan) -> Void) throws -> (end: SessionEnd, times: BootTimes) {
    let assets = try BootableAssets.verified(in: request.assets, architecture: request.architecture)
    let configuration = try request.guest.map { try GuestConfiguration(loading: $0) }
    let resources = configuration?.resources ?? VMResources()
    let scratch = try ScratchDirectory(in: context.cacheDirectory)
    let disk = try scratchDisk(gigabytes: resources.scratchDiskSizeGB, in: scratch.path)
    let files = MachineFiles(
      kernel: assets.kernel.raw, initrd: assets.initrd.raw, root: assets.root.raw, scratch: disk.raw,
      console: ConsoleLog(path: "\(scratch.path)/console"))

    var plan = MachinePlan(
      architecture: assets.architecture, accelerator: .tcg, memory: try memory(of: resources),
      processors: resources.cpuCount)
    plan.accelerator = try accelerator(for: plan, files, assets)
    announce(plan)
    let order = try order(configuration, for: plan)
    do throws(BootFailure) {
      let session = try CommandSession(
        plan, files, order: order, streams: request.streams,
        limits: BootLimits(plan.accelerator, total: request.timeout.map { Int64($0) * 1000 }), wishes: wishes)
      let end = try session.run()
      return (end, session.times)
    } catch {
      throw keepingLog(of: error, for: plan)
    }
  }

  /// MiB.
  private func memory(of resources: VMResources) throws -> Int {
    let memory = request.memory.map { Int($0.bytes >> 20) } ?? resources.ramGB << 10
    guard memory >= MachinePlan.leastMemory else {
      throw Report("cannot boot with \(memory) MiB of memory: it takes at least \(MachinePlan.leastMemory)")
    }
    return memory
  }

  /// Sparse, and without a name from the beginning: whatever ends this process, nothing is left.
  private func scratchDisk(gigabytes: Int, in directory: String) throws -> Descriptor {
    let path = "\(directory)/disk"
    let disk = try Descriptor(opening: path, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
    unlink(path)
    try system("extend", path) { ftruncate(disk.raw, off_t(gigabytes) << 30) }
    return disk
  }

  /// The one that was asked for, else the processor where a machine with these assets is seen to boot by it.
  /// What was seen holds until the host boots again.
  private func accelerator(for plan: MachinePlan, _ files: MachineFiles, _ assets: borrowing BootableAssets)
    throws -> Accelerator
  {
    if let accelerator = request.accelerator { return accelerator }
    guard plan.architecture == .ofHost, access("/dev/kvm", R_OK | W_OK) == 0 else { return .tcg }
    let boot = (context.kernelText("/proc/sys/kernel/random/boot_id") ?? "").filter { $0.isHexDigit }
    let name = "\(boot)-\(assets.identity)"
    let store = try Store(directory: context.cacheDirectory)
    if let known = try store.record("acceleration", name),
      let accelerator = Accelerator(rawValue: String(decoding: known, as: UTF8.self))
    {
      return accelerator
    }
    var probe = plan
    probe.accelerator = .kvm
    probe.memory = min(plan.memory, 512)
    probe.hasRoot = false
    probe.hasScratch = false
    let accelerator: Accelerator = Accelerator.boots(probe, files, within: 5000) ? .kvm : .tcg
    try store.setRecord("acceleration", name, to: Array(accelerator.rawValue.utf8))
    return accelerator
  }

  private func order(_ configuration: GuestConfiguration?, for plan: MachinePlan) throws -> CommandOrder {
    let shell = request.terminal == nil ? CommandOrder.scriptShell : CommandOrder.loginShell
    var order = CommandOrder(
      request.command.isEmpty ? shell : request.command, time: context.now, terminal: request.terminal)
    guard let configuration else { return order }
    let settings = BootSettings(configuration)
    order.directory = configuration.environment.shell.home
    order.environment = settings.environment.map { CommandOrder.Variable($0.name, $0.value) }
    order.files = settings.files.map {
      CommandOrder.File(path: $0.path, mode: BootSettings.fileMode, content: Array($0.content.utf8))
    }
    return order
  }

  /// The console's log outlives a run that failed, one for each architecture.
  private func keepingLog(of failure: BootFailure, for plan: MachinePlan) -> BootFailure {
    guard let log = failure.log else { return failure }
    var failure = failure
    let kept = "\(context.cacheDirectory)/logs/console-\(plan.architecture.rawValue).log"
    let isKept =
      (try? Workspace.makeDirectories("\(context.cacheDirectory)/logs")) != nil && rename(log, kept) == 0
    failure.log = isKept ? kept : nil
    return failure
  }
}
