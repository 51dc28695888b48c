import CLinux
import Diagnosis
import FileTree
import Glibc
import Threads

/// A program of the host, and the Debian package that brings it. It is looked for in fixed places,
/// whatever the user's PATH says.
package struct HostTool: Sendable, Equatable {
  package var name: String
  package var package: String

  package init(_ name: String, package: String) {
    self.name = name
    self.package = package
  }

  package static let searchPath = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"]

  /// Nil if the host does not have it. A name with a slash is a path.
  package var path: String? {
    let places = name.contains("/") ? [name] : HostTool.searchPath.map { "\($0)/\(name)" }
    return places.first { access($0, X_OK) == 0 }
  }

  package enum Input: Sendable {
    case none
    case bytes([UInt8])
    /// Lent for the time of the call.
    case descriptor(CInt)
  }

  /// What a program left behind.
  package struct Result: Sendable, Equatable {
    package var status: Status
    package var output: [UInt8]
    /// Standard error, as text.
    package var messages: String
    /// What it wrote to descriptor 3, if that was asked for.
    package var report: [UInt8]
  }

  package enum Status: Sendable, Equatable {
    case exited(Int)
    case killed(signal: Int)

    /// What waitpid(2) says of a process that has ended.
    init(waited code: CInt) {
      let signal = Int(code & 0x7f)
      self = signal == 0 ? .exited(Int(code >> 8 & 0xff)) : .killed(signal: signal)
    }
  }

  /// Bounds of a run. What goes beyond them kills the program.
  package struct Limits: Sendable {
    /// Bytes of each stream.
    package var output = 64 << 20
    /// Milliseconds.
    package var time: Int64?

    package init(output: Int = 64 << 20, time: Int64? = nil) {
      self.output = output
      self.time = time
    }
  }

  /// Runs it to its end, in `/` unless `directory` says otherwise, with the variables of `environment`
  /// and no others. `reporting` opens descriptor 3 for it, whose bytes become `report`.
  package func run(
    _ arguments: [String], environment: [String: String] = [:], input: Input = .none,
    reporting: Bool = false, directory: String = "/", limits: Limits = Limits(),
    cancellation: Cancellation? = nil
  ) throws(HostToolFailure) -> Result {
    guard let path else { throw HostToolFailure(self, .missing) }
    do {
      let streams = try OutputStreams(count: reporting ? 3 : 2)
      let process = try start(path, arguments, environment, input, streams, directory)
      let problem = try streams.collect(until: process, limits, cancellation)
      // Whatever it started and left running holds no right to stay.
      kill(-process, SIGKILL)
      var status: CInt = 0
      try system("wait for", name) { waitpid(process, &status, 0) }
      if let problem { throw HostToolFailure(self, problem) }
      return Result(
        status: Status(waited: status),
        output: streams.bytes[0], messages: String(decoding: streams.bytes[1], as: UTF8.self),
        report: reporting ? streams.bytes[2] : [])
    } catch let failure as HostToolFailure {
      throw failure
    } catch let failure as SystemFailure {
      throw HostToolFailure(self, .system(failure))
    } catch {
      preconditionFailure("\(error)")
    }
  }

  private func start(
    _ path: String, _ arguments: [String], _ environment: [String: String], _ input: Input,
    _ streams: OutputStreams, _ directory: String
  ) throws(SystemFailure) -> pid_t {
    let opened: Descriptor
    switch input {
    case .none: opened = try Descriptor(opening: "/dev/null", O_RDONLY)
    case .bytes(let bytes):
      opened = Descriptor(
        owning: try system("create", "a file in memory") {
          bytes.withUnsafeBytes { clinux_memory_file(name, $0.baseAddress, $0.count) }
        })
    case .descriptor(let raw):
      opened = Descriptor(
        owning: try system("duplicate", "descriptor \(raw)") { fcntl(raw, F_DUPFD_CLOEXEC, 3) })
    }
    let argv = CStrings([path] + arguments)
    let envp = CStrings(environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
    let descriptors = [opened.raw] + streams.writing
    var process: pid_t = 0
    let code = clinux_spawn(
      path, argv.pointers, envp.pointers, descriptors, descriptors.count, directory, &process)
    streams.closeWriting()
    guard code == 0 else { throw SystemFailure("start", path, code: code) }
    return process
  }
}

/// A NULL-terminated array of C strings, for as long as this lives.
final class CStrings {
  let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let count: Int

  init(_ strings: [String]) {
    count = strings.count
    pointers = .allocate(capacity: count + 1)
    for (index, string) in strings.enumerated() { (pointers + index).initialize(to: strdup(string)) }
    (pointers + count).initialize(to: nil)
  }

  deinit {
    for index in 0..<count { free(pointers[index]) }
    pointers.deallocate()
  }
}
