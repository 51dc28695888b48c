import ArgumentParser
import BuildModel
import Diagnosis
import Ext4
import FileTree
import Glibc
import GuestConfig
import Inventory
import Json

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show what a config says, or what an image holds.",
    discussion: """
      A directory with a config is a guest directory. A file, a block device, or a directory that holds one \
      rootfs.ext4 stands for an image, which is read as it lies there: nothing is mounted, and nothing of it \
      is run.
      """)

  @Argument(help: ArgumentHelp("A guest directory or an image.", valueName: "guest|image"))
  var subject = "guest"

  @Flag(help: "List everything in the image, one line an entry, sorted by path.") var tree = false

  @Flag(help: "List the Debian, Python and npm packages in the image.") var packages = false

  @Option(
    help: ArgumentHelp("Print the content of a file in the image; links are followed.", valueName: "path"))
  var cat: String?

  @Flag(help: "Print JSON.") var json = false

  /// The options that only an image answers, one at a time.
  private var questions: [String] {
    [(tree, "--tree"), (packages, "--packages"), (cat != nil, "--cat")].filter(\.0).map(\.1)
  }

  func validate() throws {
    if questions.count > 1 { throw ValidationError("\(questions[0]) contradicts \(questions[1])") }
    if json && cat != nil { throw ValidationError("--cat contradicts --json") }
    if cat == "" { throw ValidationError("--cat needs a path") }
  }

  func run() throws {
    switch try InspectionSubject(subject) {
    case .guest(let guest):
      if let question = questions.first {
        throw ValidationError("\(question) needs an image, and \(guest) is a guest directory")
      }
      let configuration = try GuestConfiguration(loading: guest)
      Terminal.print(json ? configuration.json.rendered() : Rendering.harmless(configuration.summary))
    case .image(let path): try inspect(image: path)
    }
  }

  private func inspect(image path: String) throws {
    let file = try Descriptor(opening: path, O_RDONLY | O_NONBLOCK)
    let image = try Ext4FileSystem(reading: file.raw, named: path)
    InspectCommand.warn(of: image, path)
    if let cat {
      try InspectCommand.copy(try image.file(at: cat))
    } else if tree {
      try show(try Ext4Tree(of: image))
    } else if packages {
      let tree = try Ext4Tree(of: image)
      let inventory = try Inventory(of: tree.entries) {
        try tree.content(of: $0, atMost: InspectCommand.longestRecord)
      }
      try show(ImageReport.json(inventory), ImageReport.text(inventory.packages))
    } else {
      let summary = try Ext4Summary(of: image)
      let system = try image.regularFile(at: "/etc/os-release").map {
        OperatingSystem(try $0.bytes(atMost: InspectCommand.longestRecord))
      }
      let text = ImageReport.text(summary, system: system, of: path)
      try show(ImageReport.json(summary, system: system), Rendering.harmless(text))
    }
  }

  /// Of what package managers write down; no such file comes near it.
  private static let longestRecord = 64 << 20

  private func show(_ json: @autoclosure () -> JSONText, _ text: @autoclosure () -> String) throws {
    try Terminal.put(self.json ? json().rendered() + "\n" : text())
  }

  private func show(_ tree: Ext4Tree) throws {
    let threads = max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)))
    let digests = try TreeText.digests(of: tree.entries, threads: threads) { try tree.digest(of: $0) }
    try show(
      .array(zip(tree.entries, digests).map(ImageReport.json)),
      TreeText(of: tree.entries, digests: digests).text)
  }

  private static func copy(_ file: ImageFile) throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
    defer { buffer.deallocate() }
    var done: UInt64 = 0
    while case let count = try file.read(into: buffer, at: done), count > 0 {
      try Terminal.put(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      done += UInt64(count)
    }
  }

  private static func warn(of image: Ext4FileSystem, _ path: String) {
    func say(_ text: String, hint: String) {
      let report = Report(text, hints: [hint])
      Terminal.say(Rendering.report(report, severity: "warning", style: .standardError))
    }
    if image.needsRecovery {
      say(
        "\(path) was not unmounted: its journal has changes that are not read",
        hint: "`e2fsck -p \(path)` brings them to their places")
    }
    if image.hasErrors {
      say("the kernel has found errors in \(path)", hint: "`e2fsck -fn \(path)` lists what is damaged")
    }
  }
}
