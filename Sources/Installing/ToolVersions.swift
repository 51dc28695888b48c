import Diagnosis

/// `tool-versions.txt`: what the image's own programs say of their versions.
package struct ToolVersions: Sendable, Equatable {
  package struct Tool: Sendable, Equatable {
    package var name: String
    /// Run by the image's shell.
    package var command: String

    package init(name: String, command: String) {
      self.name = name
      self.command = command
    }
  }

  package struct Section: Sendable, Equatable {
    /// "System", "Python", "AI CLIs".
    package var title: String
    package var tools: [Tool]
    /// Whether a tool that does not answer is an error: the AI command lines of enabled providers.
    package var mustAnswer: Bool

    package init(title: String, tools: [Tool], mustAnswer: Bool = false) {
      self.title = title
      self.tools = tools
      self.mustAnswer = mustAnswer
    }
  }

  /// What a command did: its exit status, and what it wrote.
  package struct Answer: Sendable, Equatable {
    package var status: Int32
    package var output: String

    package init(status: Int32, output: String) {
      self.status = status
      self.output = output
    }
  }

  /// The image's PATH while the commands run: every place where a program was installed.
  package static let path =
    "/opt/ai-clis/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  /// The file; nil when no section has a tool, for then there is none.
  package let text: String?

  /// Runs every command once, in order. `run` is given a shell command and runs it in the image.
  package init(_ sections: [Section], run: (_ command: String) throws -> Answer) throws {
    var text = ""
    var silent: [(tool: Tool, answer: Answer)] = []
    for section in sections where !section.tools.isEmpty {
      text += "# \(section.title)\n"
      for tool in section.tools {
        let answer = try run(tool.command)
        let line = ToolVersions.firstLine(answer.output)
        let value = answer.status == 0 ? line : ""
        text += "\(tool.name)=\(value.isEmpty ? "N/A" : value)\n"
        if section.mustAnswer && (value.isEmpty || value == "N/A") { silent.append((tool, answer)) }
      }
    }
    if !silent.isEmpty {
      throw Report(
        "cannot confirm \(silent.map(\.tool.name).joined(separator: ", ")): the version command does not answer",
        causes: silent.map { tool, answer in
          let said = ToolVersions.firstLine(answer.output)
          return "`\(tool.command)` exited with status \(answer.status)\(said.isEmpty ? "" : ": \(said)")"
        },
        hints: ["set `enabled = false` for a provider whose command line the image does not need"])
    }
    self.text = text.isEmpty ? nil : text
  }

  private static func firstLine(_ output: String) -> String {
    String(output.split(whereSeparator: \.isNewline).lazy.map(\.trimmed).first { !$0.isEmpty } ?? "")
  }
}
