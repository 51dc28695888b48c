import Foundation
import TestSupport

// Some are in force for the program and cannot reach a script: then the probe inside has to show what the
// build puts in their place.
extension Circumstance {
  /// The one that all others are compared with: an ordinary user, the host's file system and processors,
  /// a cache without the packages.
  static let reference = Circumstance(
    name: "an ordinary user, a cold cache", user: .ordinary,
    inside: [
      .umask: "0022", .zone: "+0000", .host: "localhost", .home: "/root", .temporary: "none",
      .weekday: "Wednesday",
    ])

  static let again = Circumstance(name: "a second time, a warm cache", user: .ordinary)
  static let root = Circumstance(name: "as root", user: .root, outside: [.ids: "0"], inside: [.ids: "0"])
  static let otherUser = Circumstance(name: "another user with another range of ids", user: .other)

  static let oneID = Circumstance(name: "without sub-ids", user: .single)

  static let tmpfs = Circumstance(
    name: "staging on tmpfs", place: "mount -t tmpfs -o mode=0755 tmpfs \"$cache\"", stagesInCache: true,
    inside: [.staging: "tmpfs"])
  static let overlay = Circumstance(
    name: "staging on an overlay",
    place: """
      mkdir -p "$site/layers/lower" "$site/layers/upper" "$site/layers/work"
      mount -t overlay -o "lowerdir=$site/layers/lower,upperdir=$site/layers/upper,workdir=$site/layers/work" \\
        overlay "$cache"
      """, stagesInCache: true, inside: [.staging: "overlayfs"])

  static let oneProcessor = Circumstance(
    name: "one processor", setting: "taskset -pc 0 $$ >&2", outside: [.processors: "1"],
    inside: [.processors: "1"])

  static let clock = Circumstance(
    name: "a clock two years ahead",
    // For everything outside the tree: the program, the worker, gpgv, newuidmap. Inside, `ClockFixture`.
    setting: """
      mkdir -p "$site/etc/upper" "$site/etc/work"
      mount -t overlay -o "lowerdir=/etc,upperdir=$site/etc/upper,workdir=$site/etc/work" overlay /etc
      echo "$clock" >/etc/ld.so.preload
      """, stagesInCache: true, outside: [.year: yearAhead], inside: [.year: yearAhead], clockIsAhead: true)

  static let umask = Circumstance(
    name: "umask 077", setting: "umask 077", outside: [.umask: "0077"], inside: [.umask: "0022"])
  static let locale = Circumstance(
    name: "a Turkish locale",
    setting: """
      mkdir -p "$site/locales"
      LC_ALL=C localedef -i tr_TR -f UTF-8 "$site/locales/tr_TR.UTF-8"
      chmod -R a+rX "$site/locales"
      export LOCPATH="$site/locales"
      """, environment: ["LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"], outside: [.weekday: "Çarşamba"],
    inside: [.weekday: "Wednesday"])
  static let zone = Circumstance(
    name: "another time zone", environment: ["TZ": "XYZ-11:30"], outside: [.zone: "+1130"],
    inside: [.zone: "+0000"])
  static let home = Circumstance(
    name: "another HOME", environment: ["HOME": "/var/empty-home"], outside: [.home: "/var/empty-home"],
    inside: [.home: "/root"])
  static let temporary = Circumstance(
    name: "another TMPDIR", environment: ["TMPDIR": "/dev/shm"], outside: [.temporary: "/dev/shm"],
    inside: [.temporary: "none"])
  static let host = Circumstance(
    name: "another host name", setting: "hostname elsewhere", outside: [.host: "elsewhere"],
    inside: [.host: "localhost"])

  /// Each of them.
  static let all: [Circumstance] = [
    again, root, otherUser, oneID, tmpfs, overlay, oneProcessor, clock, umask, locale, zone, home, temporary,
    host,
  ]

  /// All of them in few builds.
  static let combined: [[Circumstance]] = [
    [again],
    [otherUser, tmpfs, oneProcessor, clock, umask, locale, zone, home, temporary, host],
    [root, overlay],
    [oneID],
  ]

  private static let yearAhead = String(
    Calendar(identifier: .gregorian).component(
      .year, from: Date(timeIntervalSinceNow: TimeInterval(ClockFixture.seconds))))
}
