import ArgumentParser

/// Hidden: packagers and `make install` ask for the page once, everybody else reads it with man(1).
struct ManualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual", abstract: "Print the manual page, for man(1).", shouldDisplay: false)

  func run() throws {
    Terminal.print(ManualPage(try CommandOutline(of: CapsemNative.self), version: Version.current).text)
  }
}
