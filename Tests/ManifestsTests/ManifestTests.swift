import Manifests
import Testing

@Suite struct ManifestTests {
  private func root(_ digit: Character, _ architecture: String = "x86_64") -> Asset {
    Asset(
      architecture: architecture, file: "rootfs.ext4", hash: String(repeating: digit, count: 64), size: 4096,
      imageLayout: 1)
  }

  /// 2026-11-24T10:00:00Z
  private let date: Int64 = 1_795_514_400

  @Test func `writes format 2 and reads it back`() throws {
    let manifest = Manifest(assets: [root("a")], date: date, hostVersion: "1.2.0", previous: nil)
    #expect(manifest.assets.current == "2026.1124.1")
    #expect(
      manifest.text == """
        {
          "format": 2,
          "assets": {
            "current": "2026.1124.1",
            "releases": {
              "2026.1124.1": {
                "date": "2026-11-24",
                "deprecated": false,
                "min_binary": "1.0.0",
                "arches": {
                  "x86_64": {
                    "rootfs.ext4": {
                      "hash": "\(String(repeating: "a", count: 64))",
                      "size": 4096,
                      "image_layout": 1
                    }
                  }
                }
              }
            }
          },
          "binaries": {
            "current": "1.2.0",
            "releases": {
              "1.2.0": {
                "date": "2026-11-24",
                "deprecated": false,
                "min_assets": "2026.1124.1"
              }
            }
          }
        }

        """)
    #expect(try #require(Manifest(Array(manifest.text.utf8))) == manifest)
  }

  @Test func `a manifest that names no layout counts by its hashes, too`() throws {
    let first = Manifest(assets: [root("a")], date: date, hostVersion: "1", previous: nil)
    let text = first.text.replacing(
      ",\n              \"image_layout\": 1", with: "")
    #expect(!text.contains("image_layout"))
    let earlier = try #require(Manifest(Array(text.utf8)))
    #expect(earlier.currentAssets.map(\.imageLayout) == [nil])
    #expect(Manifest(assets: [root("a")], date: date, hostVersion: "1", previous: earlier) == first)
  }

  @Test func `counts up only when a hash changed that day`() {
    let first = Manifest(assets: [root("a")], date: date, hostVersion: "1", previous: nil)
    let same = Manifest(assets: [root("a")], date: date, hostVersion: "1", previous: first)
    #expect(same == first)
    let changed = Manifest(assets: [root("b")], date: date, hostVersion: "1", previous: same)
    #expect(changed.assets.current == "2026.1124.2")
    let nextDay = Manifest(assets: [root("b")], date: date + 86_400, hostVersion: "1", previous: changed)
    #expect(nextDay.assets.current == "2026.1125.1")
  }

  @Test func `orders checksums as hosts expect them`() {
    let assets = [
      root("c", "arm64"), root("a"),
      Asset(architecture: "x86_64", file: "initrd.img", hash: String(repeating: "1", count: 64), size: 1),
      Asset(architecture: "x86_64", file: "vmlinuz", hash: String(repeating: "0", count: 64), size: 1),
    ]
    let names = Asset.checksums(assets).split(separator: "\n").map { $0.split(separator: " ")[1] }
    #expect(names == ["arm64/rootfs.ext4", "x86_64/vmlinuz", "x86_64/initrd.img", "x86_64/rootfs.ext4"])
    #expect(!Asset.isListed("tool-versions.txt"))
  }

  @Test(arguments: [
    (0, "1970-01-01"), (951_782_400, "2000-02-29"), (1_795_514_400, "2026-11-24"), (-1, "1969-12-31"),
  ])
  func `tells the day in UTC`(seconds: Int64, day: String) {
    #expect(CalendarDay(seconds).iso == day)
  }
}
