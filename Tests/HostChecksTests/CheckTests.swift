import Diagnosis
import HostChecks
import Json
import Testing

/// What is made of facts; `DoctorTests` make the facts true.
@Suite struct CheckTests {
  /// A host on which everything is well.
  private var facts: HostFacts {
    HostFacts(
      system: HostFacts.System(
        kernel: "6.1.0-28-amd64", now: 1_795_222_382, clock: "2026-11-21", isRoot: false,
        forbidsPrivileges: false, filterActions: ["kill_process", "errno", "allow"]),
      libraries: [HostFacts.Library("libfoo 1.0")], tools: [.success("tool: /usr/bin/tool")],
      mappers: [], subordinateIDs: .success("ids"), worker: .success("a worker ran"), recordsOwners: false,
      places: [place],
      certificates: .success("certificates"), pythonIndex: .success("index"),
      guest: HostFacts.Guest(
        configuration: .success("it loads"), keyrings: [.success("keyring")],
        releases: [HostFacts.Release(answer: .success("stable"), isUnreachable: false)],
        foreignPrograms: [.success("emulator")], artifacts: [.success("artifacts")],
        kernelConfigurations: [.success("defconfig")]))
  }

  private var place: HostFacts.Place {
    HostFacts.Place(
      name: "the cache", path: "/cache", isUsable: .success("the cache: usable"), freeBytes: 50_000_000_000,
      freeInodes: 1_000_000, isNoexec: true,
      demand: HostFacts.Demand(bytes: 3_000_000_000, inodes: 60_000, runsPrograms: false),
      alternative: "or another")
  }

  private let broken: Attempt = .failure(Report("cannot do it", causes: ["because"], hints: ["mend it"]))

  /// "FAIL detail [fix; fix]" of what does not pass.
  private func findings(_ change: (inout HostFacts) -> Void) -> [String] {
    var facts = facts
    change(&facts)
    return facts.checks.filter { $0.verdict != .pass }.map {
      "\($0.verdict.rawValue) \($0.detail) [\($0.fixes.joined(separator: "; "))]"
    }
  }

  @Test func `a good host passes, in the order of the sections`() {
    let checks = facts.checks
    #expect(checks.allSatisfy { $0.verdict == .pass && $0.fixes.isEmpty })
    #expect(
      checks.map(\.detail) == [
        "Linux 6.1.0-28-amd64", "the clock says 2026-11-21", "system call filters (seccomp)", "libfoo 1.0",
        "tool: /usr/bin/tool", "emulator", "ids", "a worker ran", "the cache: usable",
        "the cache: 50.0 GB and 1000000 inodes free", "certificates", "index", "keyring", "stable",
        "it loads",
        "artifacts", "defconfig",
      ])
    let order = checks.map { Check.Section.allCases.firstIndex(of: $0.section)! }
    #expect(order == order.sorted())
  }

  @Test(arguments: [
    ("5.11.0", []), ("6.18.44-fc", []), ("10.0", []),
    (
      "5.10.0-33-amd64",
      ["FAIL Linux 5.10.0-33-amd64: expected 5.11 or later [run a newer kernel: Debian 12 has 6.1]"]
    ),
    ("4.19.0", ["FAIL Linux 4.19.0: expected 5.11 or later [run a newer kernel: Debian 12 has 6.1]"]),
    ("gVisor", ["WARN Linux gVisor: expected 5.11 or later []"]),
  ])
  func `the kernel must be new enough`(release: String, expected: [String]) {
    #expect(findings { $0.system.kernel = release } == expected)
  }

  @Test func `a clock of before this program is wrong`() {
    #expect(
      findings {
        $0.system.now = 1_767_225_599
        $0.system.clock = "2025-12-31"
      } == [
        "FAIL the clock says 2025-12-31, and archives will seem to be from the future [sudo timedatectl set-ntp true]"
      ])
    #expect(findings { $0.system.now = 1_767_225_600 } == [])
  }

  @Test func `system calls must be filtered`() {
    #expect(
      findings { $0.system.filterActions = ["allow"] } == [
        "FAIL the kernel cannot filter system calls (seccomp) [run a kernel with CONFIG_SECCOMP_FILTER]"
      ])
    #expect(
      findings { $0.system.filterActions = nil } == [
        "WARN the kernel does not say whether it filters system calls (seccomp) []"
      ])
  }

  @Test func `who may not gain privileges cannot map ids, but root need not`() {
    #expect(
      findings { $0.system.forbidsPrivileges = true }.map { $0.prefix(46) } == [
        "FAIL this process may not gain privileges (no_"
      ])
    #expect(
      findings {
        $0.system.forbidsPrivileges = true
        $0.system.isRoot = true
        $0.subordinateIDs = nil
      } == [])
  }

  @Test func `a library that lacks something fails`() {
    #expect(
      findings { $0.libraries = [HostFacts.Library("libfoo 1.0", missing: ["xz", "zstd"])] }.map {
        $0.prefix(42)
      }
        == ["FAIL libfoo 1.0: built without xz, zstd [i"])
  }

  @Test(arguments: [
    (3_000_000_000 as Int64, 60_000 as Int64?, []),
    (3_000_000_000, nil, []),
    (
      2_999_999_999, 60_000,
      [
        "WARN the cache: 2.9 GB and 60000 inodes free, the default image takes 3.0 GB and 60000 inodes [free some in /cache; or another]"
      ]
    ),
    (
      2_999_999_999, nil,
      ["WARN the cache: 2.9 GB free, the default image takes 3.0 GB [free some in /cache; or another]"]
    ),
    (
      299_999_999, nil,
      ["FAIL the cache: 0.2 GB free, the default image takes 3.0 GB [free some in /cache; or another]"]
    ),
    (
      3_000_000_000, 59_999,
      [
        "WARN the cache: 3.0 GB and 59999 inodes free, the default image takes 3.0 GB and 60000 inodes [free some in /cache; or another]"
      ]
    ),
    (
      3_000_000_000, 5_999,
      [
        "FAIL the cache: 3.0 GB and 5999 inodes free, the default image takes 3.0 GB and 60000 inodes [free some in /cache; or another]"
      ]
    ),
  ])
  func `too little room warns, and almost none fails`(bytes: Int64, inodes: Int64?, expected: [String]) {
    #expect(
      findings {
        $0.places[0].freeBytes = bytes
        $0.places[0].freeInodes = inodes
      } == expected)
  }

  @Test func `of a place that cannot be used, only that is said`() {
    #expect(
      findings {
        $0.places[0].isUsable = broken
        $0.places[0].freeBytes = 0
      } == ["FAIL cannot do it [mend it]"])
  }

  @Test func `programs cannot run on a noexec mount`() {
    #expect(
      findings { $0.places[0].demand.runsPrograms = true } == [
        "FAIL the cache: /cache is mounted noexec, and programs of the image must run there [or another]"
      ])
  }

  @Test func `what every build needs fails, and what some do without warns`() {
    let (failed, warned) = (["FAIL cannot do it [mend it]"], ["WARN cannot do it [mend it]"])
    #expect(findings { $0.tools[0] = broken } == failed)
    #expect(findings { $0.worker = broken } == failed)
    #expect(findings { $0.certificates = broken } == failed)
    #expect(findings { $0.guest.keyrings = [broken] } == failed)
    #expect(findings { $0.guest.mirrorChoice = Report("cannot do it", hints: ["mend it"]) } == failed)
    #expect(findings { $0.guest.configuration = broken } == failed)
    #expect(findings { $0.guest.artifacts = [broken] } == failed)
    #expect(findings { $0.guest.releases[0].answer = broken } == failed)
    #expect(
      findings { $0.guest.releases = [HostFacts.Release(answer: broken, isUnreachable: true)] } == warned)
    #expect(findings { $0.pythonIndex = broken } == warned)
    #expect(findings { $0.guest.kernelConfigurations = [broken] } == warned)
    #expect(findings { $0.guest.foreignPrograms = [broken] } == warned)
  }

  @Test func `what could not be tried is not passed over in silence`() {
    #expect(
      findings {
        $0.subordinateIDs = broken
        $0.worker = nil
      } == [
        "FAIL cannot do it [mend it]",
        "WARN namespaces were not tried, for what failed elsewhere on this page []",
      ])
  }

  @Test func `JSON has every check and the counts`() {
    var facts = facts
    facts.worker = broken
    let checkup = Checkup(facts.checks.filter { $0.section == .namespaces })
    #expect(
      checkup.json.line
        == #"{"checks":[{"section":"Namespaces","verdict":"PASS","detail":"ids","causes":[],"fixes":[]},"#
        + #"{"section":"Namespaces","verdict":"FAIL","detail":"cannot do it","causes":["because"],"#
        + #""fixes":["mend it"]}],"passed":1,"warned":0,"failed":1}"#)
  }
}
