import BuildModel
import Diagnosis
import Fetching
import FileTree
import Glibc
import GuestConfig
import HostChecks
import HostTools
import Installing
import Sandbox
import Threads
import Transfer

extension HostSurvey {
  var guestFacts: HostFacts.Guest {
    let configuration: GuestConfiguration
    do throws(GuestConfigError) {
      configuration = try GuestConfiguration(loading: guest)
    } catch {
      return HostFacts.Guest(configuration: .failure(Report(of: error)))
    }
    let names = configuration.build.architectures.map(\.name)
    var facts = HostFacts.Guest(
      configuration: .success(
        "\(configuration.configDirectory) loads: "
          + "\(names.count) \(names.count == 1 ? "architecture" : "architectures") (\(names.joined(separator: ", ")))"
      ),
      foreignPrograms: foreignPrograms(configuration), artifacts: artifacts(configuration),
      kernelConfigurations: kernelConfigurations(configuration))
    do {
      let archives = try Mirrors(requested: nil, context: context)
        .archives(of: configuration, suite: configuration.debianSuite())
      let sources = try self.sources(archives, configuration, into: &facts)
      if !isOffline {
        facts.releases = try releases(sources, context.transferSettings(configuration.build.network))
      }
    } catch {
      facts.mirrorChoice = Report(of: error)
    }
    return facts
  }

  /// Those archives whose keyring can be used; the keyrings go into the facts.
  private func sources(
    _ archives: [DebianArchive], _ configuration: GuestConfiguration, into facts: inout HostFacts.Guest
  ) throws -> [ArchiveSource] {
    let architectures = try configuration.build.architectures.map {
      try configuration.debianArchitecture(of: $0).rawValue
    }
    var sources: [ArchiveSource] = []
    for archive in archives {
      let attempt: Attempt
      do {
        let source = try DebianResolution.source(
          archive, architectures: architectures, apt: configuration.build.apt)
        try source.signatures.checkKeyring()
        sources.append(source)
        attempt = .success("\(source.signatures.keyring) can be read")
      } catch {
        attempt = .failure(Report(of: error))
      }
      if !facts.keyrings.contains(attempt) { facts.keyrings.append(attempt) }
    }
    return sources
  }

  /// Milliseconds in which all mirrors must have answered.
  private static let patience: Int64 = 5000

  /// Asks all mirrors at once for what they have now.
  private func releases(_ sources: [ArchiveSource], _ settings: TransferSettings) throws
    -> [HostFacts.Release]
  {
    var settings = settings
    settings.retries = 0
    let fetch = { [context, settings] (cancellation: Cancellation) in
      ReleaseFetch(downloader: Downloader(settings), now: context.now, cancellation: cancellation)
    }
    return try HostSurvey.within(HostSurvey.patience, unless: cancellation) { deadline in
      let fetch = fetch(deadline)
      return try Parallel.map(sources.count, threads: max(1, sources.count)) { index in
        HostSurvey.ask(sources[index], fetch)
      }
    }
  }

  private static func ask(_ source: ArchiveSource, _ fetch: ReleaseFetch) -> HostFacts.Release {
    do {
      let release = try fetch.fetch(source, from: source.bases[0])
      return HostFacts.Release(
        answer: .success(
          "\(source.suite): \(release.location), signed, of \(ReleaseDate.text(release.file.date))"),
        isUnreachable: false)
    } catch let failure as TransferFailure {
      var failure = failure
      if failure.cause == .cancelled { failure.cause = .unreachable("no answer within \(patience / 1000) s") }
      return HostFacts.Release(answer: .failure(Report(of: failure)), isUnreachable: true)
    } catch {
      return HostFacts.Release(answer: .failure(Report(of: error)), isUnreachable: false)
    }
  }

  /// Runs `body`, which is to end early when it takes longer or when an end is wished for.
  private static func within<R>(
    _ milliseconds: Int64, unless cancellation: Cancellation, _ body: (_ deadline: Cancellation) throws -> R
  ) rethrows -> R {
    let (deadline, end) = (Cancellation(), Cancellation())
    let start = Stopwatch.milliseconds
    let clock = SystemThread {
      while !end.isCancelled && !cancellation.isCancelled && Stopwatch.milliseconds - start < milliseconds {
        Stopwatch.pause(milliseconds: 20)
      }
      deadline.cancel()
    }
    defer {
      end.cancel()
      clock.join()
    }
    return try body(deadline)
  }

  /// How the programs of each architecture run that the host is not of, tried.
  private func foreignPrograms(_ configuration: GuestConfiguration) -> [Attempt] {
    let emulators = context.emulators
    return configuration.build.architectures.compactMap { architecture -> Attempt? in
      guard let machine = architecture.debian?.machine, machine != .host else { return nil }
      do {
        let execution = try emulators.execution(of: machine)
        guard case .emulated(_, let path) = execution else {
          return .success("programs for \(machine.rawValue): the host's binfmt_misc runs them")
        }
        try tryEmulator(execution, machine)
        return .success("programs for \(machine.rawValue): \(path), in a binfmt_misc of the worker's own")
      } catch {
        return .failure(Report(of: error))
      }
    }
  }

  /// What a build would place, once for each architecture; the same words count once.
  private func artifacts(_ configuration: GuestConfiguration) -> [Attempt] {
    var attempts: [Attempt] = []
    for architecture in configuration.build.architectures {
      let attempt: Attempt
      do {
        let plan = try GuestDirectory(configuration: configuration).plan(for: architecture)
        attempt = .success("\(plan.files.count) files of \(configuration.directory)/artifacts for the image")
      } catch {
        attempt = .failure(Report(of: error))
      }
      if !attempts.contains(attempt) { attempts.append(attempt) }
    }
    return attempts
  }

  private func kernelConfigurations(_ configuration: GuestConfiguration) -> [Attempt] {
    configuration.build.architectures.map { architecture in
      let path = "\(configuration.configDirectory)/\(architecture.defconfig.value)"
      if access(path, R_OK) == 0 { return .success("\(path), for the kernel of \(architecture.name)") }
      return .failure(
        Report(
          "cannot build a kernel for \(architecture.name): cannot read \(path): \(String(cString: strerror(errno)))",
          hints: ["it is named at \(architecture.defconfig.position)"]))
    }
  }
}
