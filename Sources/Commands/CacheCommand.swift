import ArgumentParser
import BuildModel
import Diagnosis
import FileTree
import Glibc
import Json
import Pipeline
import Store
import Threads

struct CacheCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache", abstract: "Look after the cache: what is in it, what can go, whether it is right.",
    subcommands: [ListCommand.self, CollectCommand.self, VerifyCacheCommand.self])

  struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Show what is in the cache, by kind.")

    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      let context = try HostContext.gathered()
      let cache = try Cache(context: context, cancellation: Cancellation())
      let (items, workspaces) = (try cache.contents(), try cache.workspaces())
      Terminal.print(
        json
          ? Rendering.json(of: items, workspaces: workspaces, directory: cache.directory).rendered()
          : Rendering.cache(
            items, workspaces: workspaces, directory: cache.directory, now: context.now))
    }
  }

  struct CollectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "gc", abstract: "Remove what is no longer needed.",
      discussion: """
        Removes workspaces of builds that have ended, kept ones too, and downloads that came to nothing; then \
        what was unused for the longest time, until the rest is within --max-size. What a build at work may \
        count on stays.
        """)

    @Flag(help: "Also remove all results between stages, and keep downloads.") var stages = false

    @Flag(help: "Remove everything.") var all = false

    @Option(help: ArgumentHelp("What may stay: bytes, or a number with K, M or G.", valueName: "size"))
    var maxSize = "\(ByteCount(Cache.defaultLimit))"

    func run() throws {
      guard let limit = ByteCount(maxSize) else {
        throw ValidationError(
          "cannot use the size \"\(maxSize)\": expected bytes, or a number with K, M or G")
      }
      let cancellation = Cancellation()
      let signals = Signals.cancel(cancellation)
      defer { withExtendedLifetime(signals) {} }
      let cache = try Cache(context: try HostContext.gathered(), cancellation: cancellation)
      let cleaning = try cache.clean(
        Cache.Policy(dropsResults: stages, dropsAll: all, limit: limit.bytes))
      Terminal.print(Rendering.cleaning(cleaning))
    }
  }

  struct VerifyCacheCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "verify", abstract: "Read everything in the cache, and remove what is damaged.",
      discussion:
        "The exit status is 1 when something was damaged: it is named, and the next build gets it anew."
    )

    func run() throws {
      let cancellation = Cancellation()
      let signals = Signals.cancel(cancellation)
      defer { withExtendedLifetime(signals) {} }
      let cache = try Cache(context: try HostContext.gathered(), cancellation: cancellation)
      let count = try cache.contents().count
      let damages = try cache.verify()
      for damage in damages {
        Terminal.print("removed \(damage.item.kind.title) \(damage.item.name): \(damage.reason)\n")
      }
      Terminal.print(
        "verified \(count) things: \(damages.isEmpty ? "all right" : "\(damages.count) damaged")\n")
      if !damages.isEmpty { throw ExitCode(1) }
    }
  }
}
