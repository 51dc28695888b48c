import ArgumentParser
import BuildModel
import Diagnosis
import Foundation
import GuestConfig
import Pipeline
import Scaffolding

struct NewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Make a guest directory from another one.",
    discussion: """
      Asks for name, version and description, and which files of the base to take. build.toml, kernel \
      configurations, keyrings and artifacts always come along; the lock does not. What is written is complete \
      or not there at all.
      """)

  @Argument(help: "The directory to write.") var target: String

  @Option(
    name: .customLong("from"), help: ArgumentHelp("The guest directory to start from.", valueName: "path"))
  var base = "guest"

  @Flag(help: "Ask nothing: take everything of the base.") var nonInteractive = false

  @Flag(help: "Overwrite the files that this command writes; others stay.") var force = false

  func run() throws {
    let context = try HostContext.gathered()
    try refuse(existing: target, unless: force)
    let place = URL(filePath: absolute(target)).standardizedFileURL
    guard place.resolvingSymlinksInPath() != URL(filePath: absolute(base)).resolvingSymlinksInPath() else {
      throw Report(
        "cannot create \(target): it is the guest to start from", hints: ["name another directory"])
    }
    let configuration = try GuestConfiguration(loading: base)
    let date = CalendarTime(secondsSince1970: try context.sourceDate() ?? context.now).date
    let name = place.path == "/" ? "guest" : place.lastPathComponent
    var guest = NewGuest(everythingOf: configuration, name: name, date: date)
    if !nonInteractive {
      let questions = NewGuestQuestions(say: { Terminal.say(Rendering.harmless($0)) }, answer: { readLine() })
      guest = try questions.ask(about: guest, from: configuration)
    }
    let files = try guest.files(from: configuration)
    try files.write(below: target, replacing: force)
    let count = files.filter { $0.path.hasPrefix("config/") && $0.path.hasSuffix(".toml") }.count
    Terminal.print("Created \(target)/config/ (\(count) files)")
  }
}
