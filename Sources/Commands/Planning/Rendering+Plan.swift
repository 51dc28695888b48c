import BuildModel
import Diagnosis
import Pipeline

extension Rendering {
  /// A plan for people; everything in it is in the JSON form, too.
  static func plan(_ plan: BuildPlan, style: Style) -> String {
    plan.architectures.map { text(of: $0, style: style) }.joined(separator: "\n")
  }

  private static func text(of plan: ArchitecturePlan, style: Style) -> String {
    var text = "\(style.paint(.cyan, plan.name)): Debian \(plan.suite)"
    text += plan.platform.isEmpty ? "\n" : ", \(plan.platform)\n"
    for obstacle in plan.obstacles {
      text += "\n\(style.paint(.yellow, "cannot be built:")) \(obstacle.summary.harmlessLine)\n"
      for hint in obstacle.hints { text += "  hint: \(hint.harmlessLine)\n" }
    }
    if let origin = plan.origin {
      text += section("Debian packages: \(plan.packages.count), \(origin)", plan.packages.map(row))
      text += section("Configured in this order", plan.configuring.map { [$0] })
      let wheels = plan.wheels.map(row)
      text += section("From the Python index: \(wheels.count)", wheels)
      if !plan.npm.isEmpty { text += section("From the npm registry: \(plan.npm.count)", plan.npm.map(row)) }
      if !plan.fetched.isEmpty { text += section("Files: \(plan.fetched.count)", plan.fetched.map(row)) }
    } else {
      text += section(
        "Asked for: \(plan.requests.count) packages",
        plan.requests.map { [$0.text, $0.manager.rawValue, "\($0.position)"] })
      text += section("Not known yet", plan.unknown.map { [$0] })
    }
    text += section("Files of the guest: \(plan.files.count)", plan.files.map(row))
    text += "\nStages\n" + table(plan.stages.map(row), lines: plan.stages.map { changes($0.changes) })
    if let download = plan.download, let sources = plan.sources {
      text += "\nDownload: \(bytes(download.bytes)) in \(download.files) files, of \(bytes(sources.bytes))"
      text += " in \(sources.files)\n"
    }
    if let room = plan.room {
      text += "Disk: \(bytes(room.cache)) for the cache, \(bytes(room.workspace)) while it runs, "
      text += "\(bytes(room.output)) for the assets\n"
      text += "Image: \(room.isExact ? "" : "about ")\(bytes(room.image))\n"
    }
    return text
  }

  private static func row(_ package: ArchitecturePlan.Package) -> [String] {
    let locked = package.locked
    return [locked.name, locked.version, locked.architecture, bytes(locked.size), package.reason]
  }

  private static func row(_ wheel: LockedWheel) -> [String] {
    let place = wheel.environment == "python" ? "" : "for \(wheel.environment)"
    return [wheel.name, wheel.version, bytes(wheel.size), "sha256:\(wheel.sha256)", place]
  }

  private static func row(_ package: LockedNpmPackage) -> [String] {
    [package.name, package.version, bytes(package.size), "sha256:\(package.sha256)", package.place]
  }

  private static func row(_ file: LockedFile) -> [String] {
    [file.name, bytes(file.size), "sha256:\(file.sha256)", "for \(file.owner)"]
  }

  private static func row(_ file: ArchitecturePlan.File) -> [String] {
    [String(file.mode, radix: 8), file.path, file.source]
  }

  private static func row(_ stage: PlannedStage) -> [String] {
    [stage.name, stage.isReused ? "reused" : "will run", stage.reason]
  }

  private static func section(_ title: String, _ rows: [[String]]) -> String {
    rows.isEmpty ? "" : "\n\(title)\n" + table(rows)
  }

  /// The most that is shown of what changed in one stage.
  private static let mostChanges = 12

  static func changes(_ changes: [InputChange]) -> [String] {
    let lines = changes.prefix(mostChanges).map(\.line)
    return changes.count > mostChanges ? lines + ["and \(changes.count - mostChanges) more"] : lines
  }

  /// Columns as wide as their widest cell, but for the last; `lines` come below each row.
  static func table(_ rows: [[String]], lines: [[String]] = []) -> String {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    var text = ""
    for (index, row) in rows.enumerated() {
      var line = " "
      for (column, cell) in row.enumerated() {
        let cell = cell.harmlessLine
        let padding = String(repeating: " ", count: max(0, widths[column] - cell.count))
        line += " " + cell + (column == row.count - 1 ? "" : padding + " ")
      }
      while line.last == " " { line.removeLast() }
      text += line + "\n"
      for below in index < lines.count ? lines[index] : [] { text += "      \(below.harmlessLine)\n" }
    }
    return text
  }
}
