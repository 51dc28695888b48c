import ArgumentParser

struct CompletionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completions", abstract: "Print a completion script for bash, zsh or fish.",
    discussion: """
      `make install` puts it where the shell looks for it. Otherwise: `source <(capsem-native completions bash)`, \
      `capsem-native completions zsh > DIR/_capsem-native` with DIR in $fpath, \
      `capsem-native completions fish | source`.
      """)

  @Argument(help: "bash, zsh or fish.") var shell: Shell

  enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

  func run() {
    let shell: CompletionShell =
      switch shell {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    Terminal.print(CapsemNative.completionScript(for: shell))
  }
}
