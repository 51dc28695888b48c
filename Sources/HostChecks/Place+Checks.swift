extension HostFacts.Place {
  var checks: [Check] {
    let use = Check(.storage, isUsable)
    // Of a place that cannot be used, room says nothing.
    if use.verdict != .pass { return [use] }
    return [use, room] + (runsPrograms.map { [$0] } ?? [])
  }

  /// Small guests need far less than the default one; below a tenth, none fits.
  private var room: Check {
    let inodes = freeInodes.map { " and \($0) inodes" } ?? ""
    let found = "\(name): \(amount(freeBytes))\(inodes) free"
    if freeBytes >= demand.bytes && (freeInodes ?? .max) >= demand.inodes {
      return Check(.storage, .pass, found)
    }
    let hopeless = freeBytes < demand.bytes / 10 || (freeInodes ?? .max) < demand.inodes / 10
    let wanted = amount(demand.bytes) + (freeInodes == nil ? "" : " and \(demand.inodes) inodes")
    return Check(
      .storage, hopeless ? .fail : .warn, "\(found), the default image takes \(wanted)",
      fixes: ["free some in \(path)", alternative])
  }

  private var runsPrograms: Check? {
    guard demand.runsPrograms && isNoexec else { return nil }
    return Check(
      .storage, .fail, "\(name): \(path) is mounted noexec, and programs of the image must run there",
      fixes: [alternative])
  }

  /// Decimal units, rounded down.
  private func amount(_ bytes: Int64) -> String {
    let tenths = bytes / 100_000_000
    return tenths == 0 ? "\(bytes / 1_000_000) MB" : "\(tenths / 10).\(tenths % 10) GB"
  }
}
