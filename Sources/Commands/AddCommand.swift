import ArgumentParser
import BuildModel
import Diagnosis
import GuestConfig
import Scaffolding

struct AddCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Add a provider, a package set or a tool server to a guest.",
    subcommands: [AddProviderCommand.self, AddPackagesCommand.self, AddServerCommand.self])

  func run() throws {
    Terminal.say(CapsemNative.helpMessage(for: AddCommand.self) + "\n")
    throw ExitCode(2)
  }
}

/// What all three take.
struct AddOptions: ParsableArguments {
  @Argument(help: "The table's name: letters, digits, \"_\" and \"-\".") var name: String

  @Option(name: .customLong("dir"), help: ArgumentHelp("The guest directory.", valueName: "guest"))
  var guest = "guest"

  @Flag(help: "Overwrite a file of this name.") var force = false

  func table(_ kind: TableName.Kind) throws -> TableName { try TableName(name, for: kind) }

  func write(_ addition: Addition) throws {
    guard exists("\(guest)/config") else {
      throw Report(
        "cannot add \(addition.kind.words) \"\(name)\": there is no \(guest)/config",
        hints: ["`capsem-native init \(guest)` writes a first config"])
    }
    let path = "\(guest)/\(addition.path)"
    let configuration = try loaded(besides: force ? path : nil)
    if let position = configuration.flatMap(addition.duplicate) {
      throw Report(
        "cannot add \(addition.kind.words) \"\(name)\": \(position) has it already", hints: ["edit it there"])
    }
    try [addition.file(for: configuration)].write(below: guest, replacing: force)
    Terminal.print("created \(path)")
  }

  /// Nil when nothing but the file that is to be overwritten keeps the config from loading.
  private func loaded(besides path: String?) throws -> GuestConfiguration? {
    do throws(GuestConfigError) {
      return try GuestConfiguration(loading: guest)
    } catch {
      if error.problems.allSatisfy({ $0.position.file == path }) { return nil }
      throw error
    }
  }
}

struct AddProviderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ai-provider", abstract: "Add an AI provider.",
    discussion: """
      Writes GUEST/config/ai/NAME.toml: for anthropic, google and openai the default guest's file, for others a \
      template with key and domains, to which a command line and its files can be added.
      """)

  @OptionGroup var options: AddOptions

  func run() throws { try options.write(.provider(options.table(.provider))) }
}

struct AddPackagesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "packages", abstract: "Add a set of packages.",
    discussion: """
      Writes GUEST/config/packages/NAME.toml. For the sets apt and python these are the default guest's files; for any \
      other there is a template to fill in.
      """)

  enum Manager: String, ExpressibleByArgument, CaseIterable { case apt, uv, pip, npm }

  @Option(help: "Who installs them. Default: uv for the set python, else apt.") var manager: Manager?

  @OptionGroup var options: AddOptions

  func run() throws {
    let manager = manager.flatMap { PackageManager(rawValue: $0.rawValue) }
    try options.write(.packages(options.table(.packageSet), manager: manager))
  }
}

struct AddServerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mcp", abstract: "Add a tool server.",
    discussion: "Writes GUEST/config/mcp/NAME.toml, a template: a command to start, or a URL to connect to.")

  enum Transport: String, ExpressibleByArgument, CaseIterable { case stdio, sse }

  @Option(help: "How programs reach it.") var transport = Transport.stdio

  @OptionGroup var options: AddOptions

  func run() throws {
    try options.write(.server(options.table(.server), transport == .sse ? .sse : .stdio))
  }
}
