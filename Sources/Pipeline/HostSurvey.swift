import Archive
import CLinux
import Compression
import Diagnosis
import Ext4
import Fetching
import FileTree
import Glibc
import HostChecks
import HostTools
import Locking
import Sandbox
import Solver
import Threads
import Transfer

/// Looks at the host as a build would come to know it, through the same doors, and leaves nothing behind.
package struct HostSurvey: Sendable {
  var context: HostContext
  var guest: String
  /// Absolute.
  var output: String
  /// Asks no mirror.
  var isOffline: Bool
  var cancellation: Cancellation

  package init(
    context: HostContext, guest: String, output: String, isOffline: Bool, cancellation: Cancellation
  ) {
    self.context = context
    self.guest = guest
    self.output = output
    self.isOffline = isOffline
    self.cancellation = cancellation
  }

  package func facts() throws -> HostFacts {
    let ids = context.isRoot ? nil : Result { try SubordinateIDs.ofCaller() }
    let worker = worker
    let facts = HostFacts(
      system: system, libraries: HostSurvey.libraries, tools: tools,
      mappers: context.isRoot ? [] : SubordinateIDs.tools.map(privileged), subordinateIDs: ids.map(attempt),
      worker: worker?.map { $0.evidence }, recordsOwners: (try? worker?.get())?.tier == .oneID,
      places: [cachePlace, outputPlace], certificates: certificates,
      pythonIndex: pythonIndex, guest: guestFacts)
    if cancellation.isCancelled { throw Interrupted() }
    return facts
  }

  private var system: HostFacts.System {
    let status = context.kernelText("/proc/self/status") ?? ""
    return HostFacts.System(
      kernel: HostContext.kernelRelease, now: context.now, clock: ReleaseDate.text(context.now),
      isRoot: context.isRoot,
      forbidsPrivileges: status.split(separator: "\n").contains {
        $0.split(separator: "\t") == ["NoNewPrivs:", "1"]
      },
      filterActions: context.kernelText("/proc/sys/kernel/seccomp/actions_avail")?.split(
        whereSeparator: \.isWhitespace
      )
      .map(String.init))
  }

  /// In the order in which a build meets them.
  private static var libraries: [HostFacts.Library] {
    [
      HostFacts.Library(SolverLibrary.version),
      HostFacts.Library(TransferLibrary.version, missing: TransferLibrary.missing),
      HostFacts.Library(DigestLibrary.version),
      HostFacts.Library(ArchiveLibrary.version, missing: ArchiveLibrary.missing),
      HostFacts.Library(Ext4Library.version),
      HostFacts.Library(CompressionLibrary.version),
    ]
  }

  private var tools: [Attempt] {
    [HostTool.gpgv, .b3sum].map { tool in
      tool.path.map { .success("\(tool.name): \($0)") }
        ?? .failure(Report(of: HostToolFailure(tool, .missing)))
    }
  }

  /// It maps other people's ids, so it needs what only root can give it.
  private func privileged(_ tool: HostTool) -> Attempt {
    guard let path = tool.path else { return .failure(Report(of: HostToolFailure(tool, .missing))) }
    var file = stat()
    var mount = statvfs()
    let isSetuid = stat(path, &file) == 0 && file.st_uid == 0 && file.st_mode & S_ISUID != 0
    let hasCapability = hasFileCapability(path)
    let isIgnored = statvfs(path, &mount) == 0 && mount.f_flag & UInt(ST_NOSUID) != 0
    if (isSetuid || hasCapability) && !isIgnored {
      return .success("\(tool.name): \(path), \(isSetuid ? "setuid root" : "with file capabilities")")
    }
    let why = isIgnored ? "\(path) is on a nosuid mount" : "\(path) is not setuid root"
    return .failure(
      Report("cannot map ids with \(tool.name): \(why)", hints: [SubordinateIDs.hint(for: tool)]))
  }

  private func hasFileCapability(_ path: String) -> Bool {
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    guard let directory = try? Descriptor(opening: String(path[...slash]), O_RDONLY | O_DIRECTORY) else {
      return false
    }
    let name = String(path[path.index(after: slash)...])
    return clinux_get_xattr_at(directory.raw, name, "security.capability", nil, 0) > 0
  }

  private func attempt(_ ids: Result<SubordinateIDs, any Error>) -> Attempt {
    ids.map { ids in
      "\(SubordinateIDs.needed) ids each: users from \(ids.user.start), groups from \(ids.group.start)"
    }.mapError(Report.init)
  }

  private var certificates: Attempt {
    let named = TransferSettings.certificates(in: context.environment)
    let path = named ?? TransferLibrary.certificates
    let count = path.flatMap(context.text)?.split(separator: "\n").count {
      $0 == "-----BEGIN CERTIFICATE-----"
    }
    if let path, let count, count > 0 { return .success("\(count) certificate authorities in \(path)") }
    return .failure(
      Report(
        "cannot trust any server: no certificate authorities in \(path ?? "any known place")",
        hints: [
          named == nil
            ? "sudo apt-get install ca-certificates"
            : "name a file of them in CURL_CA_BUNDLE or SSL_CERT_FILE"
        ]))
  }

  /// Its address may hold a password.
  private var pythonIndex: Attempt {
    Attempt { () throws(Report) in
      do {
        return
          "the Python index comes from \(try PythonIndexSource(of: context, cancellation: cancellation).origin)"
      } catch {
        throw Report(of: error)
      }
    }
  }
}
