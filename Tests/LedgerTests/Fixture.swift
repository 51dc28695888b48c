import Diagnosis
import Ledger

/// A build that fetches while it unpacks, on two threads, and configures in two runs.
enum Fixture {
  static let records: [EventRecord] = [
    at(0.0, .started(.resolve)), at(0.1, .activity(.resolve, "package indexes")),
    at(1.2, .finished(.resolve, reused: false)),
    at(1.2, .note("packages: resolved now")), at(1.2, .turned(to: "x86_64")),
    at(1.3, .started(.fetch)), at(1.4, .started(.stage)), at(1.5, .waiting(.stage)),
    at(6.0, .began(.stage, "libc6")), at(6.0, .began(.stage, "dpkg")),
    at(6.5, .ended(.stage, "dpkg")), at(6.5, .began(.stage, "base-files")),
    at(6.7, .ended(.stage, "base-files")), at(7.4, .ended(.stage, "libc6")),
    at(7.5, .waiting(.stage)), at(7.5, .started(.configure)),
    at(7.6, .activity(.configure, "libc6")), at(8.4, .activity(.configure, "dpkg")),
    at(8.6, .waiting(.configure)), at(8.7, .activity(.stage, "tricky <&> preinst")),
    at(9.9, .began(.stage, "perl")), at(9.8 + 0.3, .finished(.fetch, reused: false)),
    at(12.0, .ended(.stage, "perl")), at(12.2, .finished(.stage, reused: false)),
    at(12.2, .activity(.configure, "perl")), at(12.9, .activity(.configure, "ca-certificates")),
    at(17.4, .finished(.configure, reused: false)),
    at(17.4, .started(.install)), at(17.5, .activity(.install, "guest files")),
    at(17.9, .finished(.install, reused: false)), at(17.9, .finished(.seal, reused: true)),
    at(18.0, .started(.image)), at(18.1, .activity(.image, "digests")), at(19.0, .activity(.image, "layout")),
    at(20.5, .finished(.image, reused: false)), at(20.5, .turned(to: nil)),
    at(20.5, .started(.manifest)), at(20.75, .finished(.manifest, reused: false)),
  ]

  static let timeline = Timeline(records)

  static func at(_ seconds: Double, _ event: BuildEvent) -> EventRecord {
    EventRecord(event, seconds: seconds)
  }
}
