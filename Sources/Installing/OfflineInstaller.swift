import BuildModel
import Diagnosis
import FileTree
import Glibc
import Sandbox

/// Runs an installer's script in the sandbox, which has no network. For the time of its run `curl` and
/// `wget` give out the files that the config declares beside it; what else it asks for is noted, and
/// refused.
struct OfflineInstaller {
  var tree: String
  var root: CInt
  var environment: ScriptEnvironment
  var modified: Timestamp
  /// Of the provider or package set.
  var key: String
  /// Files that it may fetch.
  var declared: [LockedFile]

  private static let directory: TreePath = "run/.capsem-installer"

  func run(
    _ script: LockedFile, open: (LockedFile) throws -> Descriptor, output: (String) -> Void
  ) throws {
    var writer = TreeWriter(root: root)
    let directory = OfflineInstaller.directory
    try writer.makeDirectories(directory)
    for name in ["bin", "files"] { try writer.makeDirectory(directory.appending(name.utf8)) }
    func place(_ name: String, mode: UInt16, _ fill: (CInt) throws -> Void) throws {
      let path = directory.appending(name.utf8)
      try writer.makeFile(FileEntry(path: path, kind: .file, mode: mode), fill: fill)
    }
    func place(_ name: String, mode: UInt16 = 0o644, text: String) throws {
      try place(name, mode: mode) { descriptor in
        try Array(text.utf8).withUnsafeBytes { try writeAll($0, to: descriptor, at: 0, named: name) }
      }
    }
    try place("installer", mode: 0o755) { target in
      let content = try open(script)
      try copyContent(of: content.raw, to: target, named: script.name)
    }
    var index = ""
    for (number, file) in declared.enumerated() {
      index += "\(file.url) \(number)\n"
      try place("files/\(number)", mode: 0o644) { target in
        let content = try open(file)
        try copyContent(of: content.raw, to: target, named: file.name)
      }
    }
    try place("index", text: index)
    try place("asked", text: "")
    for name in ["curl", "wget"] { try place("bin/\(name)", mode: 0o755, text: OfflineInstaller.client) }

    let variables = environment.variables.map { name, value in
      name == "PATH" ? (name, "\(directory.appending("bin".utf8)):\(value)") : (name, value)
    }
    let plan = SandboxPlan(
      tree: tree, command: [directory.appending("installer".utf8).description], environment: variables,
      lent: environment.clock?.library, directory: "/root")
    var bytes: [UInt8] = []
    let status = try Sandbox.run(plan) { if bytes.count < 1 << 18 { bytes.append(contentsOf: $0) } }
    let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
    lines.forEach(output)
    let asked = try writer.read(directory.appending("asked".utf8)) ?? []
    writer.forgetDirectories()
    try writer.removeTree(directory)
    try check(script, status, lines, asked: String(decoding: asked, as: UTF8.self))
    try takeCommands(&writer)
  }

  private func check(_ script: LockedFile, _ status: ExitStatus, _ lines: [String], asked: String) throws {
    var seen: Set<Substring> = []
    let missing = asked.split(whereSeparator: \.isNewline).filter { seen.insert($0).inserted }
    if !missing.isEmpty {
      throw Report(
        "cannot run the installer \(script.name) of \(key): it wants files that are not declared",
        causes: missing.map { "it asked for \($0)" },
        hints: [
          "an installer has no network: add these addresses to its packages and their digests to sha256; "
            + "`capsem-native lock` prints the digests"
        ])
    }
    guard status.isSuccess else {
      throw Report(
        "cannot run the installer \(script.name) of \(key): it \(status)", causes: Array(lines.suffix(10)),
        hints: ["an installer has no network: only curl and wget find what is declared beside it"])
    }
  }

  /// Installers put their commands into the user's own directory, which the guest does not keep.
  private func takeCommands(_ writer: inout TreeWriter) throws {
    let commands: TreePath = "root/.local/bin"
    for name in try writer.list(commands) {
      guard let source = try? writer.openForReading(commands.appending(name)) else { continue }
      let path = TreePath(stringLiteral: "usr/local/bin").appending(name)
      try writer.makeDirectories(path.parent, modified: modified)
      try writer.remove(path)
      try writer.makeFile(FileEntry(path: path, kind: .file, mode: 0o555, modified: modified)) {
        try copyContent(of: source.raw, to: $0, named: path.description)
      }
    }
  }

  /// Stands for curl and wget: understands where to write and which address, and passes over the rest. An
  /// empty output is a file of the address's own name, and "-" is stdout.
  private static let client = """
    #!/bin/sh
    # Gives out the files that a config declares, while an installer runs.
    here=/\(String(decoding: directory.bytes, as: UTF8.self))
    program=${0##*/}
    case $program in curl) output=- ;; *) output= ;; esac
    url= value=
    for word; do
      if [ -n "$value" ]; then
        [ "$value" = output ] && output=$word
        value=
        continue
      fi
      case $word in
        http://*|https://*) url=$word ;;
        --output=*|--output-document=*) output=${word#*=} ;;
        --output|--output-document) value=output ;;
        --remote-name) output= ;;
        --header|--user-agent|--retry|--retry-delay|--max-time|--connect-timeout|--proto|--proto-redir) value=skip ;;
        --request|--data|--user|--write-out|--timeout|--tries) value=skip ;;
        --*) ;;
        -H|-A|-X|-d|-u|-w|-m|-T|-t|-U) value=skip ;;
        *) case $program$word in
          curl-*O) output= ;;
          curl-*o|wget-*O) value=output ;;
          wget-*O-) output=- ;;
          wget-*o) value=skip ;;
        esac ;;
      esac
    done
    number=
    while read -r address found; do
      [ "$address" = "$url" ] && number=$found
    done < "$here/index"
    if [ -z "$number" ]; then
      echo "$url" >> "$here/asked"
      echo "$program: $url is not declared, and there is no network" >&2
      exit 6
    fi
    [ "$output" = - ] && exec cat "$here/files/$number"
    exec cp "$here/files/$number" "${output:-${url##*/}}"

    """
}
