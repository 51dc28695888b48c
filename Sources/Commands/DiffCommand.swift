import ArgumentParser
import Json

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Show what differs between two images.",
    discussion: """
      Packages by the records that their managers leave; files with the package that each belongs to, which of \
      their attributes differ, and where their contents part; the bytes of the images. Both are read as they \
      lie there: nothing is mounted, and nothing of them is run. A directory that holds one rootfs.ext4 stands \
      for it.

      The exit status is 0 when both images have the same bytes, 1 when they differ or cannot be read, and 2 \
      for wrong usage.
      """)

  @Argument(help: ArgumentHelp("An image.", valueName: "a"), completion: .file()) var before: String

  @Argument(help: ArgumentHelp("The image to compare it with.", valueName: "b"), completion: .file())
  var after: String

  @Flag(help: "Print JSON.") var json = false

  func run() throws {
    let (before, after) = (try DiffCommand.image(before), try DiffCommand.image(after))
    let comparison = try ImageComparison(try OpenedImage(before), with: try OpenedImage(after))
    try Terminal.put(json ? comparison.json.rendered() + "\n" : comparison.text)
    if !comparison.isSame { throw ExitCode(1) }
  }

  private static func image(_ subject: String) throws -> String {
    switch try InspectionSubject(subject, to: "compare") {
    case .image(let path): path
    case .guest(let guest):
      throw ValidationError("diff needs two images, and \(guest) is none: a directory without rootfs.ext4")
    }
  }
}
