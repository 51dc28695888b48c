import FoundationEssentials

/// `manifest.json`, format 2: what a host needs to choose, fetch and check assets.
package struct Manifest: Codable, Equatable, Sendable {
  package var format: Int
  package var assets: Assets
  package var binaries: Binaries

  package struct Assets: Codable, Equatable, Sendable {
    package var current: String
    package var releases: [String: Release]
  }

  package struct Release: Codable, Equatable, Sendable {
    package var date: String?
    package var deprecated: Bool?
    package var min_binary: String?
    package var arches: [String: [String: File]]
  }

  package struct File: Codable, Equatable, Sendable {
    package var hash: String
    package var size: Int64
    package var image_layout: Int?

    init(_ asset: Asset) { (hash, size, image_layout) = (asset.hash, asset.size, asset.imageLayout) }
  }

  package struct Binaries: Codable, Equatable, Sendable {
    package var current: String
    package var releases: [String: Binary]
  }

  package struct Binary: Codable, Equatable, Sendable {
    package var date: String?
    package var deprecated: Bool?
    package var min_assets: String?
  }

  /// Nil for text that is no manifest of this format.
  package init?(_ text: [UInt8]) {
    guard let manifest = try? JSONDecoder().decode(Manifest.self, from: Data(text)), manifest.format == 2
    else { return nil }
    self = manifest
  }

  /// The assets of the current release.
  package var currentAssets: [Asset] {
    (assets.releases[assets.current]?.arches ?? [:]).flatMap { architecture, files in
      files.map {
        Asset(
          architecture: architecture, file: $0.key, hash: $0.value.hash, size: $0.value.size,
          imageLayout: $0.value.image_layout)
      }
    }.sorted(by: Asset.precedes)
  }

  /// The manifest of `assets`, released on the day of `date` (seconds since 1970, UTC). The number
  /// behind the day is that of `previous` if nothing differs, one more if something does and the day
  /// is the same, else 1.
  package init(assets: [Asset], date: Int64, hostVersion: String, previous: Manifest?) {
    let day = CalendarDay(date)
    var number = 1
    if let previous, let last = previous.number(on: day) {
      // A manifest of an earlier version names no layouts, and its bytes are none the less the same.
      func bytes(_ assets: [Asset]) -> [String] {
        assets.sorted(by: Asset.precedes).map { "\($0.architecture)/\($0.file) \($0.hash) \($0.size)" }
      }
      number = bytes(previous.currentAssets) == bytes(assets) ? last : last + 1
    }
    let version = "\(day.compact).\(number)"
    var arches: [String: [String: File]] = [:]
    for asset in assets {
      arches[asset.architecture, default: [:]][asset.file] = File(asset)
    }
    self.format = 2
    self.assets = Assets(
      current: version,
      releases: [
        version: Release(date: day.iso, deprecated: false, min_binary: "1.0.0", arches: arches)
      ])
    self.binaries = Binaries(
      current: hostVersion,
      releases: [hostVersion: Binary(date: day.iso, deprecated: false, min_assets: version)])
  }

  /// The same release with these of its assets only.
  package func keeping(_ kept: [Asset]) -> Manifest {
    var manifest = self
    var arches: [String: [String: File]] = [:]
    for asset in kept {
      arches[asset.architecture, default: [:]][asset.file] = File(asset)
    }
    manifest.assets.releases[assets.current]?.arches = arches
    return manifest
  }

  private func number(on day: CalendarDay) -> Int? {
    let prefix = day.compact + "."
    guard assets.current.hasPrefix(prefix) else { return nil }
    return Int(assets.current.dropFirst(prefix.count))
  }
}

/// A day of the Gregorian calendar in UTC.
package struct CalendarDay: Sendable, Equatable {
  package var year: Int
  package var month: Int
  package var day: Int

  /// From seconds since 1970; the algorithm counts 400-year eras of days from 1 March.
  package init(_ seconds: Int64) {
    let days = Int((Double(seconds) / 86_400).rounded(.down)) + 719_468
    let era = (days >= 0 ? days : days - 146_096) / 146_097
    let ofEra = days - era * 146_097
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * ofYear + 2) / 153
    day = ofYear - (153 * shifted + 2) / 5 + 1
    month = shifted < 10 ? shifted + 3 : shifted - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// "2026-11-24"
  package var iso: String { "\(year)-\(CalendarDay.two(month))-\(CalendarDay.two(day))" }
  /// "2026.1124"
  package var compact: String { "\(year).\(CalendarDay.two(month))\(CalendarDay.two(day))" }
}
