import BuildModel
import Diagnosis
import FileTree
import Foundation
import GuestConfig
import Installing
import Scaffolding
import TestSupport
import Testing

@Suite struct ShippedGuestTests {
  @Test func `the program carries every file of the default guest but those that describe it`() throws {
    let guest = "\(BuildSite.repository)/guest"
    let there = try files(below: guest).filter {
      !["README.md", "config/manifest.toml", "capsem.lock"].contains($0) && !$0.contains("__pycache__")
    }
    #expect(ShippedGuest.files.map(\.path) == there)
    for file in ShippedGuest.files {
      #expect(try contents(ofFile: "\(guest)/\(file.path)") == file.bytes, "\(file.path)")
    }
  }

  @Test func `a first guest has all that a build of either architecture needs`() throws {
    let scratch = try ScratchDirectory()
    let guest = scratch.file("guest")
    try ShippedGuest.first.write(below: guest, replacing: false)
    let configuration = try GuestConfiguration(loading: guest)
    #expect(configuration.ignored == [])
    #expect(configuration.unusableSettingsKeys == [])
    #expect(configuration.providers == [])
    #expect(configuration.build.architectures.map(\.debian) == [.arm64, .amd64])
    #expect(InstallPlan(configuration).apt.contains { $0.name == "python3" })

    let required = try String(
      contentsOfFile: "\(BuildSite.repository)/kernel/required-options.txt", encoding: .utf8
    )
    .split(separator: "\n").map { String($0.prefix { $0 != " " }) }
    #expect(required.count > 40)
    for architecture in configuration.build.architectures {
      let path = "\(configuration.configDirectory)/\(architecture.defconfig.value)"
      let options = Set(
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init))
      #expect(required.filter { !options.contains($0) } == [], "\(architecture.name)")
    }

    let artifacts = try files(below: "\(guest)/artifacts").compactMap { TreePath(Array($0.utf8)) }
    let listing = GuestListing(artifacts: artifacts, binaries: [], hasCertificate: false)
    #expect(throws: Never.self) {
      try GuestFiles(listing, requireBinaries: false, requireCertificate: false)
    }
  }
}
