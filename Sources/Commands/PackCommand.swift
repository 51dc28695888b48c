import ArgumentParser
import Diagnosis
import Pipeline
import Threads

struct PackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack", abstract: "Write a directory or a tar archive as an ext4 image.",
    discussion: """
      Equal content gives equal bytes. Owners, modes, times, links, devices and extended attributes are \
      the source's own; a tar archive may be compressed.
      """)

  @Argument(
    help: ArgumentHelp("A directory, or a tar archive.", valueName: "tree|tar"), completion: .file())
  var source: String

  @Argument(help: "The image to write.", completion: .file()) var image: String

  @Option(help: "The file system's label.") var label = "capsem"

  @Option(help: "\"minimal\", or bytes with K, M or G.") var size = "minimal"

  @Option(help: "Room that stays free: bytes with K, M or G.") var headroom = "0"

  @Flag(help: "Show nothing.") var quiet = false

  func run() throws {
    let context = try HostContext.gathered()
    let cancellation = Cancellation()
    let signals = Signals.cancel(cancellation)
    let display = Progress(mode: quiet ? .none : .auto, style: .standardError)
    defer { display.finish() }
    let packed = try Packing(
      source: absolute(source), image: absolute(image), label: label, size: size, headroom: headroom,
      date: try context.sourceDate(), threads: context.processors, cancellation: cancellation,
      events: display.events
    ).run()
    withExtendedLifetime(signals) {}
    if !quiet {
      Terminal.say("wrote \(image): \(packed.entries) entries, \(Rendering.bytes(packed.size))\n")
      Terminal.say("tree \(packed.tree)\n")
    }
  }
}
