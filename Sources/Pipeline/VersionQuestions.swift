import BuildModel
import Diagnosis
import Installing
import Sandbox
import Threads

/// Asks the programs of a sealed tree for their versions, each on an overlay of the tree that is thrown
/// away, while the image is written.
struct VersionQuestions: Sendable {
  var commands: VersionCommands
  var tree: String
  var environment: ScriptEnvironment
  var events: EventHandler

  /// What will be the text of tool-versions.txt.
  final class Answer: Sendable {
    private let thread: SystemThread
    private let text: Monitor<Result<String?, Report>?>

    fileprivate init(_ questions: VersionQuestions) {
      let text = Monitor<Result<String?, Report>?>(nil)
      self.text = text
      thread = SystemThread {
        let result: Result<String?, Report>
        do { result = .success(try questions.text()) } catch { result = .failure(Report(of: error)) }
        text.access { $0 = result }
      }
    }

    deinit { thread.join() }

    /// Waits for it; nil when there is nothing to ask. Throws when a program that has to answer does not.
    func answer() throws -> String? { try text.wait { $0 }.get() }
  }

  func ask() -> Answer { Answer(self) }

  private func text() throws -> String? {
    let sections = [
      ToolVersions.Section(title: "System", tools: VersionQuestions.tools(commands.system)),
      ToolVersions.Section(title: "Python", tools: VersionQuestions.tools(commands.python)),
      ToolVersions.Section(
        title: "AI CLIs", tools: VersionQuestions.tools(commands.providers), mustAnswer: true),
    ]
    return try ToolVersions(sections, run: run).text
  }

  private static func tools(_ commands: [NamedText]) -> [ToolVersions.Tool] {
    commands.map { ToolVersions.Tool(name: $0.name, command: $0.text) }
  }

  private func run(_ command: String) throws -> ToolVersions.Answer {
    let variables = environment.variables.map { $0.name == "PATH" ? ("PATH", ToolVersions.path) : $0 }
    var output: [UInt8] = []
    let plan = SandboxPlan(
      tree: tree, command: ["/bin/bash", "-c", command], environment: variables, throwAway: true,
      lent: environment.clock?.library)
    let status = try Sandbox.run(plan) { bytes in
      if output.count < 1 << 16 { output.append(contentsOf: bytes) }
    }
    let code: Int32 =
      switch status {
      case .exited(let code): code
      case .signalled(let number): 128 + number
      }
    return ToolVersions.Answer(status: code, output: String(decoding: output, as: UTF8.self))
  }
}
