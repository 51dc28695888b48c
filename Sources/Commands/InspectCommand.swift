import ArgumentParser
import BuildModel
import Comparing
import Ext4
import FileTree
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
    let image = try OpenedImage(path)
    if let cat {
      try InspectCommand.copy(try image.fileSystem.file(at: cat))
    } else if tree {
      let listing = try image.listing()
      try show(
        .array(zip(listing.entries, listing.digests).map(ImageReport.json)),
        TreeText(of: listing.entries, digests: listing.digests).text)
    } else if packages {
      let inventory = try image.inventory()
      try show(ImageReport.json(inventory), ImageReport.text(inventory.packages))
    } else {
      let summary = try image.summary()
      let text = ImageReport.text(summary, of: path)
      try show(ImageReport.json(summary), Rendering.harmless(text))
    }
  }

  private func show(_ json: @autoclosure () -> JSONText, _ text: @autoclosure () -> String) throws {
    try Terminal.put(self.json ? json().rendered() + "\n" : text())
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
}
