import Archive
import BuildModel
import Diagnosis
import FileTree
import Glibc

/// Unpacks packages into a tree, in parallel, and registers them with dpkg. It is used twice: for the
/// essential packages, and, when those are configured, for the rest.
package struct Stager {
  package var packages: any ObjectSource
  package var debianArchitecture: String
  package var environment: ScriptEnvironment
  package var threads: Int
  package var events: EventHandler

  package init(
    packages: any ObjectSource, debianArchitecture: String, environment: ScriptEnvironment, threads: Int,
    events: @escaping EventHandler
  ) {
    self.packages = packages
    self.debianArchitecture = debianArchitecture
    self.environment = environment
    self.threads = threads
    self.events = events
  }

  /// Packages, in unpack order, into a new and empty tree, none of their scripts run.
  package func unpack(_ locked: [LockedPackage], into tree: consuming Tree) throws -> StagedTree {
    let unpacked = try unpackFirst(locked, into: &tree)
    var database = DpkgDatabase(root: tree.root.raw)
    for (control, _) in unpacked { try database.writeControlMembers(of: control) }
    try database.register(unpacked)
    return StagedTree(tree: tree, pending: unpacked.map(\.control.package))
  }

  /// The essential packages, in unpack order, into a new and empty tree.
  package func bootstrap(_ locked: [LockedPackage], into tree: consuming Tree) throws -> StagedTree {
    let unpacked = try unpackFirst(locked, into: &tree)
    var database = DpkgDatabase(root: tree.root.raw)
    let scripts = PreinstRun(tree: tree.name, root: tree.root.raw, environment: environment, events: events)
    // One by one: a preinst may ask dpkg for packages, and has to hear of those before its own only.
    for index in PreinstRun.bootstrapOrder(unpacked.map(\.control)) {
      let (control, result) = unpacked[index]
      try scripts.run([control])
      try database.writeControlMembers(of: control)
      try database.register([(control, result)])
    }
    return StagedTree(tree: tree, pending: unpacked.map(\.control.package))
  }

  private func unpackFirst(
    _ locked: [LockedPackage], into tree: inout Tree
  ) throws -> [(control: PackageControl, result: Unpacker.Result)] {
    var writer = TreeWriter(root: tree.root.raw)
    try MergedUsr.make(in: &writer, debianArchitecture: debianArchitecture)
    var database = DpkgDatabase(root: tree.root.raw)
    try database.create(debianArchitecture: debianArchitecture)
    let controls = try readControls(locked)
    let results = try unpack(controls, into: &tree, isNew: true)
    try DeviceNodes.make(in: &writer, recordedIn: &tree.recorded)
    return zip(controls, results).map { ($0, $1) }
  }

  /// Further packages, in unpack order, into a tree whose earlier packages are configured as far as
  /// these pre-depend on them.
  package func extend(_ staged: consuming StagedTree, with locked: [LockedPackage]) throws -> StagedTree {
    let pending = staged.pending
    var tree = staged.release()
    var database = DpkgDatabase(root: tree.root.raw)
    let controls = try readControls(locked)
    for control in controls { try database.writeControlMembers(of: control) }
    try PreinstRun(tree: tree.name, root: tree.root.raw, environment: environment, events: events).run(
      controls)
    let results = try unpack(controls, into: &tree, isNew: false)
    try database.register(Array(zip(controls, results).map { ($0, $1) }))
    return StagedTree(tree: tree, pending: pending + controls.map(\.package))
  }

  private func readControls(_ locked: [LockedPackage]) throws -> [PackageControl] {
    try Parallel.map(locked.count, threads: threads) { index in
      let package = locked[index]
      let file = try packages.open(package.sha256, named: package.name)
      return try PackageControl(
        of: DebianPackageFile(descriptor: file.raw, name: package.name), locked: package)
    }
  }

  private func unpack(
    _ controls: [PackageControl], into tree: inout Tree, isNew: Bool
  ) throws -> [Unpacker.Result] {
    let root = tree.root.raw
    var database = DpkgDatabase(root: root)
    let diversions = try database.diversions()
    var replacements = try database.replacements()
    for control in controls { replacements.add(control.file) }
    let orders = Dictionary(
      controls.enumerated().map { ($1.locked.name, $0) }, uniquingKeysWith: { first, _ in first })
    let before = tree.owners
    let claims = Claims(owners: before, orders: orders, replacements: replacements)
    var results = try Parallel.map(controls.count, threads: threads) { order in
      let control = controls[order]
      events(.began(.stage, control.locked.name))
      defer { events(.ended(.stage, control.locked.name)) }
      let file = try packages.open(control.locked.sha256, named: control.locked.name)
      var unpacker = Unpacker(
        root: root, claims: claims, diversions: diversions, awaitsConfiguration: !isNew)
      return try unpacker.unpack(
        DebianPackageFile(descriptor: file.raw, name: control.locked.name), control, order: order)
    }
    var writer = TreeWriter(root: root)
    let date = Timestamp(seconds: environment.sourceDate)
    for directory in claims.directories(all: isNew, date: date) { try writer.setDirectory(directory) }
    tree.owners = claims.owners
    for device in results.flatMap(\.devices) { tree.recorded[device.path] = device }
    // As dpkg does, a file is listed by the package that has it in the end.
    for (index, control) in controls.enumerated() {
      results[index].drop { tree.owners[$0] != control.locked.name }
    }
    for (path, known) in results.flatMap(\.known) { tree.known.add(known.content, at: path, known.stamp) }
    FileStamp.passTick()
    var lost: [String: Set<TreePath>] = [:]
    for (place, owner) in before where tree.owners[place] != owner { lost[owner, default: []].insert(place) }
    for (owner, places) in lost { try database.strike(places, from: owner) }
    return results
  }
}
