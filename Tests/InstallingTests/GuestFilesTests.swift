import BuildModel
import Diagnosis
import FileTree
import Foundation
import Glibc
import Testing

@testable import Installing

@Suite struct GuestFilesTests {
  static let artifacts: [TreePath] = [
    "banner.txt", "capsem-bashrc", "capsem-bench", "capsem-doctor", "capsem-init", "capsem_bench/__init__.py",
    "capsem_bench/__pycache__/x.pyc", "diagnostics/conftest.py", "snapshots", "tips.txt",
  ]

  @Test func `plans places and modes`() throws {
    let listing = GuestListing(
      artifacts: Self.artifacts, binaries: ["capsem-pty-agent", "notes.txt"], hasCertificate: true)
    let plan = try GuestFiles(listing, requireBinaries: false, requireCertificate: true)
    #expect(
      plan.files.map { "\($0.path) \(String($0.mode, radix: 8))" } == [
        "/etc/capsem-banner.txt 644", "/etc/capsem-bashrc 644", "/etc/capsem-tips.txt 644",
        "/usr/local/bin/capsem-bench 555", "/usr/local/bin/capsem-doctor 755",
        "/usr/local/bin/capsem-pty-agent 555", "/usr/local/bin/capsem-test 777",
        "/usr/local/bin/snapshots 555",
        "/usr/local/lib/capsem-tests/conftest.py 644", "/usr/local/lib/capsem_bench/__init__.py 644",
        "/usr/local/share/ca-certificates/capsem-ca.crt 644",
      ])
  }

  @Test func `names everything that is missing at once`() {
    let listing = GuestListing(
      artifacts: Self.artifacts.filter { $0 != "tips.txt" }, binaries: [], hasCertificate: false)
    let error = #expect(throws: Report.self) {
      try GuestFiles(listing, requireBinaries: true, requireCertificate: true)
    }
    #expect(
      error?.summary
        == "cannot install the guest's files: missing tips.txt, the guest program capsem-dns-proxy, "
        + "the guest program capsem-mcp-server, the guest program capsem-net-proxy, "
        + "the guest program capsem-pty-agent, the guest program capsem-sysutil, the CA certificate")
  }

  @Test(.asRoot) func `places them, in place of what is there`() throws {
    let scratch = try Scratch()
    try scratch.put("etc/capsem-bashrc", "old", mode: 0o600)
    try scratch.put("content", "new")
    let plan = try GuestFiles(
      GuestListing(artifacts: Self.artifacts, binaries: [], hasCertificate: false), requireBinaries: false,
      requireCertificate: false)
    let digest = Digest(of: "new")
    let files = plan.files.map { file in
      let link: PlacedFile.Content? =
        if case .link(let target) = file.source { .link(target: target) } else { nil }
      return PlacedFile(path: file.path.description, mode: file.mode, content: link ?? .object(digest))
    }
    try GuestFiles.place(files, in: scratch.root.raw, modified: Timestamp(seconds: 9)) { _, _ in
      try Descriptor(opening: "\(scratch.path)/tree/content", O_RDONLY)
    }
    let listing = try scratch.listing()
    #expect(listing.contains("/etc/capsem-bashrc file 0644 \(Digest(of: "new").hex.prefix(8))"))
    #expect(listing.contains("/usr/local/bin/capsem-test link -> capsem-doctor"))
    #expect(listing.contains("/usr/local/lib/capsem-tests directory 0755"))
  }
}

@Suite struct ToolVersionsTests {
  private func sections(_ command: String) -> [ToolVersions.Section] {
    [
      .init(
        title: "System",
        tools: [.init(name: "git", command: "git --version"), .init(name: "gh", command: "gh")]),
      .init(title: "Python", tools: []),
      .init(title: "AI CLIs", tools: [.init(name: "claude", command: command)], mustAnswer: true),
    ]
  }

  private func run(_ command: String) -> ToolVersions.Answer {
    switch command {
    case "git --version": .init(status: 0, output: "\n  git version 2.39.5 \nmore\n")
    case "claude": .init(status: 0, output: "2.1 (Claude Code)\n")
    default: .init(status: 127, output: "sh: \(command): not found\n")
    }
  }

  @Test func `writes what the programs say`() throws {
    let versions = try ToolVersions(sections("claude"), run: run)
    #expect(
      versions.text == """
        # System
        git=git version 2.39.5
        gh=N/A
        # AI CLIs
        claude=2.1 (Claude Code)

        """)
    #expect(try ToolVersions([], run: run).text == nil)
  }

  @Test func `fails when an enabled command line does not answer`() {
    let error = #expect(throws: Report.self) { try ToolVersions(sections("clod"), run: run) }
    #expect(error?.summary == "cannot confirm claude: the version command does not answer")
    #expect(error?.causes == ["`clod` exited with status 127: sh: clod: not found"])
  }
}
