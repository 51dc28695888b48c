import ArgumentParser
import BuildModel
import Diagnosis
import FileTree
import GuestConfig
import Settings

struct SettingsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "settings", abstract: "Print the settings that the host offers for a guest.",
    discussion: """
      The result is defaults.json, which the host reads when it starts: providers, domains, limits and files of \
      the config, with their defaults. Equal configs give equal bytes; nothing is built, and no network is needed.
      """)

  @Argument(help: "The guest directory.") var guest = "guest"

  @Option(
    help: ArgumentHelp("Write to this file; one that is up to date stays untouched.", valueName: "file"))
  var output: String?

  @Flag(help: "The JSON Schema of defaults.json in place of it; GUEST is not read.") var schema = false

  func run() throws {
    let text = schema ? SettingsSchema.text : try document().text
    guard let output else { return Terminal.print(text) }
    let isNew = try replaceFile(output, with: Array(text.utf8))
    Terminal.say(isNew ? "wrote \(output)\n" : "\(output) is up to date\n")
  }

  private func document() throws -> SettingsDocument {
    let configuration = try GuestConfiguration(loading: guest)
    let names = configuration.unusableSettingsKeys
    guard names.isEmpty else {
      throw Report(
        "cannot write the settings of \(guest): the host would misread \(names.count) of its names",
        causes: names.map { "\($0.position): \($0.value)" },
        hints: ["rename \(names.count == 1 ? "it" : "them") in the config"])
    }
    return SettingsDocument(configuration)
  }
}
