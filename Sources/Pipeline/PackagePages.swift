import BuildModel
import Diagnosis
import Fetching
import FileTree
import Locking
import Threads
import Transfer

/// The pages of the Python index and the npm registry that this host knows, asked for where a file is now
/// that has left the address of the lock: mirrors move, and their files with them.
final class PackagePages: Sendable {
  private let context: HostContext
  private let downloader: Downloader
  private let npm: NpmRegistrySource
  private let state = Monitor(State())

  private struct State {
    /// Nil until it is needed, for finding it may take a run of pip.
    var index: Result<PythonIndexSource, Report>?
    /// Servers that gave no answer, and need not be waited for again.
    var silent: [String: TransferFailure.Cause] = [:]
  }

  init(context: HostContext, downloader: Downloader, npm: NpmRegistrySource) {
    self.context = context
    self.downloader = downloader
    self.npm = npm
  }

  /// Those of other addresses, whose content is checked when it comes.
  func places(of origin: LockedObject.Origin, _ sha256: Digest, _ cancellation: Cancellation) -> FoundPlaces {
    switch origin {
    case .python(let url, let project): wheels(url, project, sha256, cancellation)
    case .npm(_, let name, let version, let integrity): tarballs(name, version, integrity, cancellation)
    case .archive, .file, .guest: FoundPlaces()
    }
  }

  private func wheels(
    _ url: String, _ project: String, _ sha256: Digest, _ cancellation: Cancellation
  ) -> FoundPlaces {
    let index: PythonIndexSource
    switch source(cancellation) {
    case .success(let source): index = source
    case .failure(let report):
      return FoundPlaces(failures: [TransferFailure("the Python index", .unusable(report.summary))])
    }
    let address = SimpleIndex.page(of: project, at: index.address)
    let name = url.split(separator: "/").last.map { $0.prefix { $0 != "?" && $0 != "#" } } ?? ""
    return places(on: address, accept: SimpleIndex.accept, cancellation, at: { try Location($0) }) {
      document in
      let page = try SimpleIndex(parsing: document.bytes, project: project, address: document.location.url)
      return page.files.filter { $0.sha256 == sha256 || ($0.sha256 == nil && $0.name == name) }.map(\.url)
    }
  }

  private func source(_ cancellation: Cancellation) -> Result<PythonIndexSource, Report> {
    if let known = state.access({ $0.index }) { return known }
    let found = Result { try PythonIndexSource(of: context, cancellation: cancellation) }
      .mapError { Report(of: $0) }
    state.access { $0.index = found }
    return found
  }

  private func tarballs(
    _ name: String, _ version: String, _ integrity: NpmIntegrity, _ cancellation: Cancellation
  ) -> FoundPlaces {
    guard let registry = npm.registry(of: name) else { return FoundPlaces() }
    let address = NpmRegistrySource.page(of: name, at: registry)
    return places(
      on: address, accept: "application/json", cancellation,
      at: { [npm] in try Location($0, authorizedBy: npm) }
    ) { document in
      let tarball = try Packument(parsing: document.bytes, of: name).tarballs[version]
      return tarball.flatMap { $0.integrity == integrity ? [$0.address] : nil } ?? []
    }
  }

  /// What one page lists. `read` takes the addresses from it, `at` says who asks there.
  private func places(
    on address: String, accept: String, _ cancellation: Cancellation, at place: (String) throws -> Location,
    reading read: (Document) throws -> [String]
  ) -> FoundPlaces {
    var shown = address
    do {
      let page = try place(address)
      shown = page.description
      if let cause = state.access({ $0.silent[PackagePages.server(of: page)] }) {
        throw TransferFailure(shown, cause)
      }
      let document = try downloader.fetchText(
        [page], accept: accept, limit: PackagePages.largest, cancellation: cancellation)
      let places = try read(document).map(place)
      if places.isEmpty { throw TransferFailure(shown, .notListed) }
      return FoundPlaces(places)
    } catch let failure as TransferFailure {
      return FoundPlaces(failures: [remembered(failure, of: address)])
    } catch {
      return FoundPlaces(failures: [TransferFailure(shown, .unusable(Report(of: error).summary))])
    }
  }

  private func remembered(_ failure: TransferFailure, of address: String) -> TransferFailure {
    switch failure.cause {
    case .unreachable, .untrusted, .interrupted:
      if let page = try? Location(address) {
        state.access { $0.silent[PackagePages.server(of: page)] = failure.cause }
      }
    default: break
    }
    return failure
  }

  private static func server(of page: Location) -> String { "\(page.host):\(page.port)" }

  private static let largest: Int64 = 256 << 20
}
