import FileTree
import Foundation
import Glibc
import Sandbox
import TestSupport

// A program that is its own worker, as capsem-native is, and runs commands in a tree of busybox.
// `SandboxProbe TIER WORKSPACE` takes a JSON list of requests on stdin and prints the answers.

func fail(_ text: String) -> Never {
  FileHandle.standardError.write(Data((text + "\n").utf8))
  exit(2)
}

switch WorkerEntry.enterIfAsked(CommandLine.arguments) {
case .worker:
  do {
    let control = FileHandle(fileDescriptor: WorkerEntry.control)
    let requests = try JSONDecoder().decode([ProbeRequest].self, from: control.readToEnd() ?? Data())
    let answers = try Inside().run(requests)
    try control.write(contentsOf: JSONEncoder().encode(answers))
    exit(0)
  } catch { fail("\(error)") }
case .ordinary:
  do { try outside() } catch { fail("\(error)") }
}

func outside() throws {
  guard CommandLine.arguments.count == 3, let tier = Tier(rawValue: CommandLine.arguments[1]) else {
    fail("usage: SandboxProbe root|root-namespace|subuid|one-id WORKSPACE")
  }
  let executable = "/proc/self/exe"
  let workspace = try Descriptor(opening: CommandLine.arguments[2], O_RDONLY | O_DIRECTORY)
  if tier == .subuid {
    try WorkerProcess.handOver(directory: workspace.raw, executable: executable) { process in
      for (tool, id, first) in [("newuidmap", getuid(), subid("u")), ("newgidmap", getgid(), subid("g"))] {
        try runTool(tool, ["\(process)", "0", "\(id)", "1", "1", "\(first)", "1"])
      }
    }
  }
  let worker = try WorkerProcess(executable: executable, tier: tier, workspace: workspace.raw) { process in
    if tier == .namespacedRoot {
      for kind in ["gid", "uid"] {
        try runTool("sh", ["-c", "echo 0 0 65536 >/proc/\(process)/\(kind)_map"])
      }
      return
    }
    if tier == .oneID { return try SingleID.map(process) }
    for (tool, first) in [("newuidmap", subid("u")), ("newgidmap", subid("g"))] {
      try runTool(tool, ["\(process)", "0", "\(first)", "65536"])
    }
  }
  let control = FileHandle(fileDescriptor: worker.control.raw)
  try control.write(contentsOf: FileHandle.standardInput.readToEnd() ?? Data())
  shutdown(worker.control.raw, CInt(SHUT_WR))
  FileHandle.standardOutput.write(try control.readToEnd() ?? Data())
  let status = try worker.end()
  if !status.isSuccess { fail("the worker \(status)") }
}

/// The first sub-id of the caller in /etc/subuid or /etc/subgid.
func subid(_ kind: String) -> String {
  let name = String(cString: getpwuid(getuid())!.pointee.pw_name)
  let text = (try? String(contentsOfFile: "/etc/sub\(kind)id", encoding: .utf8)) ?? ""
  for line in text.split(separator: "\n") where line.hasPrefix("\(name):") {
    return String(line.split(separator: ":")[1])
  }
  fail("/etc/sub\(kind)id grants \(name) nothing")
}

struct Inside {
  func run(_ requests: [ProbeRequest]) throws -> [ProbeAnswer] {
    mkdir("tree", 0o755)
    for name in ["bin", "etc", "dev", "proc", "sys", "tmp"] { mkdir("tree/\(name)", 0o755) }
    try copy("/bin/busybox", as: "busybox")
    symlink("busybox", "tree/bin/sh")
    let install = answer(ProbeRequest(["/bin/busybox", "--install", "-s", "/bin"]))
    guard install.status == "exited with status 0" else { fail("\(install)") }
    let answers = requests.map(answer)
    // What belongs to sub-ids cannot be removed from outside.
    let here = try Descriptor(opening: ".", O_RDONLY | O_DIRECTORY)
    var writer = TreeWriter(root: here.raw)
    try writer.removeContent(of: .root)
    return answers
  }

  private func copy(_ path: String, as name: String) throws {
    let source = try Descriptor(opening: path, O_RDONLY)
    let copy = try Descriptor(opening: "tree/bin/\(name)", O_WRONLY | O_CREAT, mode: 0o755)
    try copyContent(of: source.raw, to: copy.raw, named: name)
  }

  private func answer(_ request: ProbeRequest) -> ProbeAnswer {
    for (name, target) in request.links {
      let path = "tree/\(name)"
      if rmdir(path) != 0 { unlink(path) }
      symlink(target, path)
    }
    var answer = ProbeAnswer()
    var loans: [SandboxPlan.Loan] = []
    for (target, content) in request.lent {
      let source = "lent-\(loans.count)"
      _ = FileManager.default.createFile(
        atPath: source, contents: Data(content.utf8), attributes: [.posixPermissions: 0o755])
      loans.append(SandboxPlan.Loan(source, as: target))
    }
    let plan = SandboxPlan(
      tree: "tree", command: request.command,
      environment: request.environment.map {
        let parts = $0.split(separator: "=", maxSplits: 1)
        return (String(parts[0]), String(parts[1]))
      }, throwAway: request.throwAway, silenced: request.silenced, loans: loans,
      directory: request.directory)
    do {
      for (name, path) in request.programs { try copy(path, as: name) }
      var (output, report): ([UInt8], [UInt8]) = ([], [])
      answer.status = try Sandbox.run(plan, output: { output += $0 }, status: { report += $0 }).description
      answer.output = String(decoding: output, as: UTF8.self)
      answer.report = String(decoding: report, as: UTF8.self)
    } catch let error as SandboxError {
      answer.error = error.summary
      answer.hints = error.hints
    } catch { answer.error = "\(error)" }
    return answer
  }
}
