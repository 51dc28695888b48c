import ArgumentParser
import Diagnosis
import Scaffolding

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Write a first guest directory.",
    discussion: """
      It is the default guest without AI providers: config for both architectures, kernel configurations, \
      and the artifacts that a build needs. It builds as it stands; `add ai-provider` adds a provider.
      """)

  @Argument(help: "The directory.") var target = "guest"

  @Flag(help: "Overwrite the files that this command writes; others stay.") var force = false

  func run() throws {
    try refuse(existing: target, unless: force)
    try ShippedGuest.first.write(below: target, replacing: force)
    Terminal.print("created \(target)/config/\ncreated \(target)/artifacts/")
  }
}

/// A guest is not written over another one by accident.
func refuse(existing target: String, unless force: Bool) throws {
  if target.isEmpty { throw ValidationError("the name of the directory is empty") }
  if !force && exists("\(target)/config") {
    throw Report("cannot create \(target)/config: it exists already", hints: ["--force overwrites it"])
  }
}
