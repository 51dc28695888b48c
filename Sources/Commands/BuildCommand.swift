import ArgumentParser
import BuildModel
import Diagnosis
import FileTree
import Foundation
import Json
import Ledger
import Pipeline
import Sandbox
import Threads

struct BuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build", abstract: "Build the assets of a guest directory.",
    discussion: """
      Writes OUTPUT/ARCH/rootfs.ext4 and tool-versions.txt, with --template kernel vmlinuz, with \
      --template initrd initrd.img; build.json beside them, OUTPUT/manifest.json and OUTPUT/B3SUMS. A build that fails leaves earlier assets as they were.
      """)

  @Argument(help: "The guest directory.", completion: .directory) var guest = "guest"

  @Option(
    name: .customLong("arch"),
    help: ArgumentHelp("Build this architecture; repeatable. Default: the host's.", valueName: "arch"),
    completion: .list(["x86_64", "arm64"]))
  var architectures: [String] = []

  @Option(help: "What to build: rootfs, kernel, initrd or all.") var template = Template.rootfs

  @Option(help: "Where the assets go.", completion: .directory) var output = "assets"

  @Flag(help: "Fail if GUEST/capsem.lock is missing or stale.") var locked = false

  @Flag(help: "Resolve anew, whatever lock or earlier resolution there is.") var refresh = false

  @Flag(help: "Use nothing but the cache and --mirror.") var offline = false

  @Option(
    help: ArgumentHelp(
      "Take everything from what `mirror` wrote there, or Debian packages from this archive.",
      valueName: "dir|url"),
    completion: .directory)
  var mirror: String?

  @Flag(
    help: ArgumentHelp(
      "Print the plan and build nothing.",
      discussion:
        "Of all architectures without --arch. Needs no network and no privilege, and changes nothing.")
  ) var dryRun = false

  @Flag(help: "Print the result, or the plan, as one JSON object on stdout.") var json = false

  @Option(help: "How progress is shown: auto, live, plain, json or none.") var progress = ProgressMode.auto

  @Option(
    help: ArgumentHelp(
      "Print when each stage ran and what was slow; with --timings=FILE.svg, draw it.",
      valueName: "file.svg"),
    completion: .file(extensions: ["svg"]))
  var timings: String?

  @Flag(help: "Keep the workspace of a build that fails, for `shell`.") var keep = false

  @Option(help: "Stop early, with that state's tree as rootfs.ext4: staged, configured or installed.")
  var until: Until?

  @Option(
    help: ArgumentHelp(
      "How files get their owners: root, subuid or one-id. Default: the first that works here.",
      valueName: "tier")
  ) var tier: Tier?

  @Option(help: .hidden) var surroundings: Surroundings?

  enum Template: String, ExpressibleByArgument, CaseIterable {
    case rootfs, kernel, initrd, all

    var parts: Set<AssetPart> {
      switch self {
      case .rootfs: [.rootfs]
      case .kernel: [.kernel]
      case .initrd: [.initrd]
      case .all: Set(AssetPart.allCases)
      }
    }
  }
  enum Until: String, ExpressibleByArgument, CaseIterable { case staged, configured, installed }

  func validate() throws {
    if tier == .namespacedRoot {
      throw ValidationError(
        "--tier is root, subuid or one-id; root makes a namespace itself where it needs one")
    }
    if refresh && (locked || offline) {
      throw ValidationError("--refresh contradicts --\(locked ? "locked" : "offline")")
    }
    if let timings, timings != "-" && !timings.hasSuffix(".svg") {
      throw ValidationError("--timings draws SVG: expected a name that ends in .svg, found \"\(timings)\"")
    }
    if until != nil && template != .rootfs {
      throw ValidationError("--until is for root images, and contradicts --template \(template.rawValue)")
    }
  }

  func run() throws {
    var context = try HostContext.gathered()
    context.tier = tier
    var request = BuildRequest(
      guest: guest, architectures: architectures, output: absolute(output), locked: locked, refresh: refresh,
      offline: offline, mirror: mirror.map(BuildCommand.mirrorAddress),
      goal: until.flatMap { BuildGoal(rawValue: $0.rawValue) } ?? .sealed,
      parts: template.parts, keep: keep, sourceDate: try context.sourceDate())
    if let surroundings { request.surroundings = surroundings }
    if dryRun {
      let plan = try BuildPlanner(context: context).plan(request)
      return Terminal.print(
        json
          ? plan.json(template: template.rawValue).rendered()
          : Rendering.plan(plan, style: .standardOutput))
    }
    try build(request, context)
  }

  private func build(_ request: BuildRequest, _ context: HostContext) throws {
    let cancellation = Cancellation()
    let signals = Signals.cancel(cancellation)
    let display = Progress(mode: progress.mode, style: .standardError) { [output = request.output] in
      Timeline(BuildLedger.read(output: output, architecture: $0))
    }
    defer { display.finish() }
    let builder = try ImageBuilder(
      context: context, cancellation: cancellation, events: display.events, ledger: { display.ledger })
    let assets = try builder.build(request)
    withExtendedLifetime(signals) {}
    display.finish()
    try show(display.timeline)
    try report(assets)
  }

  /// As `--timings` wants it: "-" is on stderr.
  private func show(_ timeline: Timeline) throws {
    guard let timings else { return }
    if timings == "-" { return Terminal.say(timeline.table()) }
    try replaceFile(absolute(timings), with: Array(TimingsPicture(of: timeline).svg.utf8))
    Terminal.say("drew \(timings)\n")
  }

  private func report(_ assets: BuiltAssets) throws {
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      Terminal.print(String(decoding: try encoder.encode(assets), as: UTF8.self))
    } else {
      for image in assets.images {
        Terminal.say("built \(image.image), \(Rendering.bytes(image.size))\n")
        if let tree = image.tree { Terminal.say("tree \(tree)\n") }
      }
      for part in assets.parts { Terminal.say("built \(part.path), \(Rendering.bytes(part.size))\n") }
    }
  }

  /// A directory as an absolute path, a URL as it is.
  static func mirrorAddress(_ text: String) -> String { text.contains("://") ? text : absolute(text) }
}

/// What `verify` puts a build through, as JSON.
extension Surroundings: ExpressibleByArgument {
  public init?(argument: String) {
    guard let value = try? JSONDecoder().decode(Surroundings.self, from: Data(argument.utf8)) else {
      return nil
    }
    self = value
  }
}

/// Values of `--progress`.
enum ProgressMode: String, ExpressibleByArgument, CaseIterable {
  case auto, live, plain, json, none

  var mode: Progress.Mode {
    switch self {
    case .auto: .auto
    case .live: .live
    case .plain: .plain
    case .json: .json
    case .none: .none
    }
  }
}

extension HostContext {
  /// `SOURCE_DATE_EPOCH`, where it is set.
  func sourceDate() throws -> Int64? {
    guard let text = environment["SOURCE_DATE_EPOCH"], !text.isEmpty else { return nil }
    guard let seconds = Int64(text), seconds > 0, seconds <= Int64(UInt32.max) else {
      throw Report("cannot use SOURCE_DATE_EPOCH: expected seconds since 1970, found \"\(text)\"")
    }
    return seconds
  }
}

extension Tier: ExpressibleByArgument {}
