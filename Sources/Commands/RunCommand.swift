import ArgumentParser
import Booting
import BuildModel
import Diagnosis
import Dispatch
import Foundation
import Glibc
import Pipeline

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Boot built assets in a virtual machine, and run a command there.",
    usage: "capsem-native run [OPTIONS] [-- COMMAND ...]",
    discussion: """
      The image is read-only; what the machine writes is gone when it ends. Streams and exit status are the \
      command's own. Without a command it is a login shell. Exit status 124: not done in time; 125: failed before \
      the command ran, or the machine stopped; 126 and 127: the program cannot be executed, or is not there.
      """)

  @Option(help: "Where the assets are.", completion: .directory) var assets = "assets"

  @Option(
    help: "The guest directory, for the machine's size and its settings. Default: guest, if it is there.",
    completion: .directory)
  var guest: String?

  @Option(help: "Boot this architecture. Default: the host's.", completion: .list(["x86_64", "arm64"]))
  var arch: String?

  @Option(help: "Memory in place of the config's: bytes with K, M or G.") var memory: ByteCount?

  @Option(help: ArgumentHelp("End the machine after this time.", valueName: "seconds")) var timeout: Int?

  @Option(help: "What runs the guest: auto, kvm or tcg.") var accel = Acceleration.auto

  @Flag(help: "Print how long each stage of the boot took.") var report = false

  @Flag(help: "Do not say what is booted.") var quiet = false

  @Argument(parsing: .postTerminator, help: "The program and its arguments.") var command: [String] = []

  enum Acceleration: String, ExpressibleByArgument, CaseIterable { case auto, kvm, tcg }

  func validate() throws {
    if let timeout, timeout < 1 { throw ValidationError("--timeout takes a number of seconds above 0") }
  }

  func run() throws {
    do {
      try boot()
    } catch let exit as ExitCode {
      throw exit
    } catch {
      Terminal.say(Rendering.report(Report(of: error), severity: "error", style: .standardError))
      throw ExitCode((error as? BootFailure)?.status ?? 125)
    }
  }

  private func boot() throws {
    let wishes = HostWishes()
    let size = terminalSize()
    let run = MachineRun(
      context: try HostContext.gathered(),
      request: RunRequest(
        assets: absolute(assets), architecture: arch, guest: guestDirectory(), command: command,
        memory: memory, timeout: timeout, accelerator: Accelerator(rawValue: accel.rawValue), terminal: size,
        streams: HostStreams(input: STDIN_FILENO, output: STDOUT_FILENO, errors: STDERR_FILENO)),
      wishes: wishes)
    let sources = RunCommand.heedSignals(wishes, hasTerminal: size != nil)
    var user: RawTerminal?
    defer {
      user?.restore()
      withExtendedLifetime(sources) {}
    }
    let (end, times) = try run.run { plan in
      if !quiet { Terminal.say("booting \(plan.summary)\n") }
      if size != nil { user = RawTerminal(STDIN_FILENO) }
    }
    user?.restore()
    if report { Terminal.say(times.text) }
    switch end {
    case .command(let status): throw ExitCode(status.number)
    case .interrupted(let signal):
      Terminal.say("interrupted\n")
      throw ExitCode(128 + signal)
    }
  }

  private func guestDirectory() -> String? {
    if let guest { return guest }
    return FileManager.default.fileExists(atPath: "guest/config") ? "guest" : nil
  }

  /// As ssh(1) has it, a command's streams are kept apart; only where all of them are one terminal does it get
  /// one. A shell gets one where somebody types.
  private func terminalSize() -> TerminalSize? {
    let needed = command.isEmpty ? [STDIN_FILENO] : [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
    guard needed.allSatisfy({ isatty($0) == 1 }) else { return nil }
    return RunCommand.currentSize ?? TerminalSize(rows: 24, columns: 80)
  }

  private static var currentSize: TerminalSize? {
    var window = winsize()
    guard ioctl(STDIN_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else { return nil }
    return TerminalSize(rows: window.ws_row, columns: window.ws_col)
  }

  /// Keep the result for as long as signals are to be heeded.
  private static func heedSignals(_ wishes: HostWishes, hasTerminal: Bool) -> [any DispatchSourceSignal] {
    func source(_ number: CInt, _ body: @escaping @Sendable () -> Void) -> any DispatchSourceSignal {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler(handler: body)
      source.activate()
      return source
    }
    var sources = [SIGINT, SIGTERM, SIGHUP].map { number in source(number) { wishes.signal(number) } }
    if hasTerminal {
      sources.append(
        source(SIGWINCH) { if let size = RunCommand.currentSize { wishes.resize(size) } })
    }
    return sources
  }
}

extension ByteCount: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
