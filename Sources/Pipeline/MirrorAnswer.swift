import Diagnosis
import Mirroring
import Threads
import Transfer

/// What the mirror of the command line turned out to be.
enum MirrorAnswer: Sendable {
  /// One that `capsem-native mirror` wrote.
  case catalogue(MirrorCatalogue)
  /// Any other archive of Debian packages.
  case archive
  /// It does not say what it has, and the user has been told.
  case none

  /// In the course of one command each mirror is asked once, and complained of once.
  typealias Memory = Monitor<[String: MirrorAnswer]>
}

extension ImageBuilder {
  /// What `mirror`, a URL or an absolute path, is. Each file of a lock is checked by its digest, so a
  /// mirror that fails is passed over with a warning; where it alone may be asked, that is an error.
  func answer(of mirror: String, alone: Bool) throws -> MirrorAnswer {
    if let known = mirrorAnswers.access({ $0[mirror] }) { return known }
    let answer: MirrorAnswer
    do {
      answer = try catalogue(of: mirror).map { .catalogue($0) } ?? .archive
    } catch let failure as TransferFailure where failure.cause == .cancelled {
      throw failure
    } catch  where !alone {
      let report = Report(of: error)
      events(
        .warning(
          Report(
            "what the lock names is asked for elsewhere, without --mirror: \(report.summary)",
            causes: report.causes, hints: report.hints)))
      answer = .none
    }
    mirrorAnswers.access { $0[mirror] = answer }
    return answer
  }

  /// Nil for an archive that is none of ours.
  private func catalogue(of mirror: String) throws -> MirrorCatalogue? {
    if mirror.hasPrefix("/") { return try MirrorDirectory.catalogue(of: mirror) }
    let location = try Location(mirror).appending(MirrorCatalogue.name)
    do {
      let document = try downloader.fetchText([location], limit: 64 << 20, cancellation: cancellation)
      return try MirrorCatalogue(parsing: document.bytes, named: location.description)
    } catch let failure as TransferFailure where failure.cause == .notFound {
      return nil
    }
  }
}
