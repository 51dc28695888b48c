import CLinux
import Diagnosis
import FileTree
import Glibc
import HostTools
import Threads

/// The files that a machine is made of: descriptors lent for the time of `Machine.init`.
package struct MachineFiles {
  package var kernel: CInt
  package var initrd: CInt
  /// The image; only a plan with a root needs it.
  package var root: CInt?
  /// An empty file of the disk's size, open for writing; only a plan with a scratch disk needs it.
  package var scratch: CInt?
  package var console: ConsoleLog

  package init(
    kernel: CInt, initrd: CInt, root: CInt? = nil, scratch: CInt? = nil, console: ConsoleLog
  ) {
    self.kernel = kernel
    self.initrd = initrd
    self.root = root
    self.scratch = scratch
    self.console = console
  }
}

/// A virtual machine under way: the emulator's process, and this end of the channel. It is killed with its owner.
final class Machine {
  let plan: MachinePlan
  let console: ConsoleLog
  let started = Stopwatch.milliseconds
  private let process: HostProcess
  private let ends: [CInt]
  /// What the emulator itself says.
  private let messages: Descriptor
  private var splitter = LineSplitter()
  private var isOpen = true

  /// Starts it.
  init(_ plan: MachinePlan, _ files: MachineFiles) throws(BootFailure) {
    do {
      let null = try Descriptor(opening: "/dev/null", O_RDWR)
      let messages = Descriptor(
        owning: try system("create", "a file in memory") { clinux_memory_file("messages", nil, 0) })
      let console = try Descriptor(opening: files.console.path, O_WRONLY | O_CREAT | O_TRUNC)
      var (ours, theirs): ([CInt], [CInt]) = ([], [])
      defer { for end in theirs { close(end) } }
      for _ in MachinePlan.ports {
        var pair: [CInt] = [-1, -1]
        let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        try system("create", "a pair of sockets") { socketpair(AF_UNIX, kind, 0, &pair) }
        ours.append(pair[0])
        theirs.append(pair[1])
      }
      let descriptors = MachinePlan.Inherited.allCases.map { inherited in
        switch inherited {
        case .null, .output: null.raw
        case .messages: messages.raw
        case .control, .input, .standardOutput, .standardError:
          theirs[MachinePlan.ports.firstIndex { $0.end == inherited }!]
        case .console: console.raw
        case .kernel: files.kernel
        case .initrd: files.initrd
        case .root: files.root ?? null.raw
        case .scratch: files.scratch ?? null.raw
        }
      }
      ends = ours
      process = try HostProcess(
        plan.architecture.emulator, plan.arguments, environment: ["PATH": "/usr/bin:/bin"],
        descriptors: descriptors)
      self.messages = messages
      self.plan = plan
      self.console = files.console
    } catch let failure as HostToolFailure {
      throw BootFailure(.tool(failure))
    } catch let failure as SystemFailure {
      throw BootFailure(.system(failure))
    } catch {
      preconditionFailure("\(error)")
    }
  }

  deinit {
    kill()
    for end in ends { close(end) }
  }

  /// This end of a port.
  func end(_ inherited: MachinePlan.Inherited) -> CInt {
    ends[MachinePlan.ports.firstIndex { $0.end == inherited }!]
  }

  func kill() { process.kill() }

  /// Milliseconds since the start.
  var age: Int64 { Stopwatch.milliseconds - started }

  /// How the emulator ended; nil while it runs, or before it is known.
  var status: HostTool.Status? { process.ended() }

  /// Waits up to `time` milliseconds for what the guest says; nil when it can say no more.
  func receive(waiting time: CInt) throws(BootFailure) -> [GuestMessage]? {
    guard isOpen else { return nil }
    var wish = pollfd(fd: end(.control), events: Int16(POLLIN), revents: 0)
    guard poll(&wish, 1, time) > 0 else { return [] }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = recv(end(.control), &buffer, buffer.count, CInt(MSG_DONTWAIT))
    if count < 0 && (errno == EINTR || errno == EAGAIN) { return [] }
    if count <= 0 {
      isOpen = false
      return nil
    }
    return splitter.lines(adding: buffer[..<count]).compactMap { GuestMessage($0) }
  }

  /// Sends it within `time` milliseconds; false when the guest did not take it. A machine that has ended is
  /// told by `receive`.
  func send(_ message: HostMessage, within time: Int64 = 10_000) -> Bool {
    let bytes = message.bytes
    let deadline = Stopwatch.milliseconds + time
    var done = 0
    while done < bytes.count {
      let count = sendNow(bytes[done...], to: end(.control))
      if count > 0 {
        done += count
      } else if errno == EAGAIN && Stopwatch.milliseconds < deadline {
        var wish = pollfd(fd: end(.control), events: Int16(POLLOUT), revents: 0)
        poll(&wish, 1, 100)
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }

  /// Why the guest says no more, as far as emulator and console tell.
  func failure(after hello: Bool, running: Bool) -> BootFailure {
    // Its descriptors are closed before it can be waited for.
    var status = process.ended()
    for _ in 0..<50 where status == nil {
      Stopwatch.pause(milliseconds: 20)
      status = process.ended()
    }
    if running { return BootFailure(.lost(status), console) }
    if let status, status != .exited(0) {
      let text = (try? readAll(messages.raw, named: "the emulator's messages")) ?? []
      return BootFailure(
        .emulator(plan.architecture.emulator, status, messages: String(decoding: text, as: UTF8.self)),
        console)
    }
    if hello { return BootFailure(.fatal(stage: "capsem-init", text: "the machine ended"), console) }
    return BootFailure(.kernel, console)
  }
}
