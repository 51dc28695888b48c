import BuildModel
import Diagnosis
import FileTree
import Glibc
import Sandbox
import Threads

/// Compiles Python modules on other processors while maintainer scripts run, the last ones first: what is
/// ready before a script asks for it is taken, and the script compiles the rest itself. So nothing waits for
/// this, and the tree is the same however far it came.
final class CompileAhead: Sendable {
  private let lanes: [SystemThread]

  private static let script = "compile-ahead.py"
  private static let end = "end"

  /// Begins, on `processors` threads, for what lies in the tree of `plan` by now.
  init(
    of plan: SandboxPlan, python: String = "/usr/bin/python3.11", processors: Int,
    events: @escaping EventHandler
  ) throws {
    let text = Array(CompileAhead.program.utf8)
    let file = try Descriptor(
      opening: StandInShelf.path(CompileAhead.script), O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
    try text.withUnsafeBytes { try writeAll($0, to: file.raw, at: 0, named: CompileAhead.script) }
    lanes = (0..<processors).map { lane in
      let plan = SandboxPlan(
        tree: plan.tree,
        command: [
          python, "-E", "-S", "-B", "\(StandIn.shelf)/\(CompileAhead.script)", StandIn.shelf, "\(lane)",
          "\(processors)",
        ], environment: plan.environment,
        loans: [SandboxPlan.Loan(StandInShelf.directory, as: StandIn.shelf, isWritable: true)])
      return SystemThread { CompileAhead.run(plan, events) }
    }
  }

  /// Nothing needs what it makes: what it has to say when it fails goes where scripts' output goes.
  private static func run(_ plan: SandboxPlan, _ events: EventHandler) {
    var lines = LineBuffer()
    func show(_ line: Substring) { events(.output(.configure, String(line))) }
    do {
      let status = try Sandbox.run(plan, output: { lines.append($0, show) })
      lines.finish(show)
      if !status.isSuccess { show("cannot compile modules ahead: python \(status)") }
    } catch {
      show("cannot compile modules ahead: \(Report(of: error).summary)")
    }
  }

  /// Ends after the modules that are under way, and returns when nothing runs any more.
  func finish() throws {
    let file = try Descriptor(opening: StandInShelf.path(CompileAhead.end), O_WRONLY | O_CREAT, mode: 0o644)
    _ = consume file
    for lane in lanes { lane.join() }
  }

  /// As `py_compile.compile` compiles. What cannot be compiled is left for whoever asks for it.
  private static let program = #"""
    import importlib.util, os, sys
    from importlib._bootstrap_external import _code_to_hash_pyc
    from importlib.machinery import SourceFileLoader

    shelf, lane, lanes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


    def modules(top):
        for directory, names, files in os.walk(top):
            names.sort()
            for file in sorted(files):
                if file.endswith('.py'):
                    yield os.path.join(directory, file)


    own = '/usr/lib/python%d.%d' % sys.version_info[:2]
    paths = [*modules('/usr/share/python3'), *modules(own), *modules('/usr/lib/python3')]
    for path in paths[::-1][lane::lanes]:
        if os.path.exists(shelf + '/end'):
            break
        name = path.replace('/', '%')
        if len(os.fsencode(name)) > 250:
            continue
        try:
            with open(importlib.util.cache_from_source(path), 'rb') as done:
                if done.read(8)[4:] == b'\3\0\0\0':
                    continue
        except OSError:
            pass
        try:
            loader = SourceFileLoader('<py_compile>', path)
            source = loader.get_data(path)
            code = loader.source_to_code(source, path, _optimize=-1)
        except Exception:
            continue
        new = shelf + '/compiled/' + str(lane)
        with open(new, 'wb') as file:
            file.write(_code_to_hash_pyc(code, importlib.util.source_hash(source), True))
        os.rename(new, shelf + '/compiled/' + name)

    """#
}
