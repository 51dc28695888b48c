import BuildModel
import Diagnosis
import FileTree
import Glibc
import Store
import Threads
import Transfer

/// The part of resolving that concerns single files: each is fetched once, checked by the config's
/// digest, and its size noted.
struct FileResolution {
  var store: Store
  var downloader: Downloader
  var cancellation: Cancellation
  var events: EventHandler

  /// In the config's order.
  func files(_ configuration: GuestConfiguration) throws -> [LockedFile] {
    try InstallPlan(configuration).fetched.flatMap { program in
      let found = try program.files.map { file in
        events(.activity(.resolve, LockedFile.name(of: file.url.value)))
        return try fetch(file, of: program.key)
      }
      try check(program, found)
      return found.map(\.locked)
    }
  }

  /// The archive of a kernel's source that the config names.
  func kernelSource(at url: Located<String>, _ digest: Located<Digest>?) throws -> LockedFile {
    events(.activity(.resolve, LockedFile.name(of: url.value)))
    let found = try fetch(FetchedProgram.File(url: url, digest: digest?.value), of: "kernel")
    guard found.isPinned else {
      throw Report(
        "cannot lock the kernel's source \(url.value): no sha256 says what it is",
        causes: ["it has \(found.locked.size) bytes", "it is asked for at \(url.position)"],
        hints: [
          "if it is what you expect, add to [build.kernel] the line: sha256 = \"\(found.locked.sha256)\""
        ])
    }
    return found.locked
  }

  private struct Found {
    var locked: LockedFile
    var isPinned: Bool
  }

  private func fetch(_ file: FetchedProgram.File, of owner: String) throws -> Found {
    let url = file.url.value
    func found(_ digest: Digest, _ size: Int64) -> Found {
      Found(
        locked: LockedFile(owner: owner, url: url, size: size, sha256: digest),
        isPinned: file.digest != nil)
    }
    if let digest = file.digest, let object = try store.open(digest) {
      return found(digest, try fileSize(object.raw, named: url))
    }
    // What has no digest yet is kept under its address's.
    let place = file.digest ?? Digest(of: url)
    let lock = try store.lock(place)
    defer { withExtendedLifetime(lock) {} }
    let partial = store.partialPath(place)
    if file.digest == nil { unlink(partial) }
    let fetched: Downloaded
    let location = try Location(url)
    do throws(TransferFailure) {
      fetched = try downloader.download(
        DownloadRequest(
          [location], to: partial, sha256: file.digest, limit: FileResolution.largest),
        cancellation: cancellation)
    } catch {
      let failure = error
      if failure.cause == .cancelled { throw Interrupted() }
      var report = Report(of: failure)
      report.summary = "cannot lock the file \(location): \(failure.cause.text)"
      report.causes.append("it is asked for at \(file.url.position)")
      if case .altered = failure.cause {
        report.hints = ["if its publisher has changed it for good, write the digest that was found"]
      }
      throw report
    }
    try store.publish(partial, as: fetched.sha256, size: fetched.size)
    return found(fetched.sha256, fetched.size)
  }

  private static let largest: Int64 = 8 << 30

  /// What the config does not pin would be anything that a server chooses to send.
  private func check(_ program: FetchedProgram, _ found: [Found]) throws {
    if found.allSatisfy(\.isPinned) { return }
    let digests = found.map { "\"\($0.locked.sha256)\"" }.joined(separator: ", ")
    throw Report(
      "cannot lock the files of \(program.key): no sha256 says what they are",
      causes: found.map { "\($0.locked.url) has \($0.locked.size) bytes" }
        + ["they are asked for at \(program.position)"],
      hints: ["if these files are what you expect, add the line: sha256 = [\(digests)]"])
  }
}
