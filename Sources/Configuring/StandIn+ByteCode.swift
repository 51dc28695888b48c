import FileTree

/// Python's modules are compiled by maintainer scripts, one after the other. `CompileAhead` does that on
/// other processors, beside the scripts; what these compile with then takes what is ready, if it is what
/// they would make: byte code that names its source's hash.
extension StandIn {
  static let byteCode = [
    StandIn(
      program: "usr/lib/python3.11/py_compile.py",
      // 3.11.2
      known: ["ba0e2ea55612c24ed88c075bdf37dba1527492bd848b1b7f068bbbb3371ac2d9"],
      edits: [
        Edit(
          "    source_bytes = loader.get_data(file)\n",
          #"""
              source_bytes = loader.get_data(file)
              if (optimize == -1 and dfile is None and not sys.flags.optimize
                      and invalidation_mode == PycInvalidationMode.CHECKED_HASH):
                  try:
                      with open('\#(compiled)/' + file.replace('/', '%'), 'rb') as ready:
                          bytecode = ready.read()
                  except OSError:
                      bytecode = b''
                  if bytecode[:16] == (importlib.util.MAGIC_NUMBER + b'\3\0\0\0'
                                       + importlib.util.source_hash(source_bytes)):
                      dirname = os.path.dirname(cfile)
                      if dirname:
                          os.makedirs(dirname, exist_ok=True)
                      mode = importlib._bootstrap_external._calc_mode(file)
                      importlib._bootstrap_external._write_atomic(cfile, bytecode, mode)
                      return cfile

          """#)
      ], place: .shelf(compiler)),
    // The three that compile. Over py_compile itself nothing is put, for it is compiled, too.
    StandIn(
      program: "usr/bin/py3compile",
      // python3 3.11.2-1+b1
      known: ["87beb3c2767a0df477deb7f5736bed2f2b60083729fc8509be531216805a754e"],
      edits: [Edit(#"cmd += ["-m", "py_compile",  "-"]"#, #"cmd += ["\#(shelf)/\#(compiler)", "-"]"#)],
      requires: compiler),
    StandIn(
      program: "var/lib/dpkg/info/python3.11-minimal.postinst",
      known: ["127a7b2ca76acfa98783f40629a7d9c15be5e3ca17174ff609f75d66072d9c6e"],
      edits: [byShelf], requires: compiler),
    StandIn(
      program: "var/lib/dpkg/info/python3.11.postinst",
      known: ["95e847a43febe61283f83ff5bbb297238b2779a5d636a8e210d32c0a00f349fc"],
      edits: [byShelf], requires: compiler),
  ]

  static let compiler = "py_compile.py"
  /// Where byte code lies that is ready: each module's, by its path with `%` for `/`.
  static let compiled = "\(shelf)/compiled"

  private static let byShelf = Edit(
    "/usr/bin/python3.11 -E -S /usr/lib/python3.11/py_compile.py $files",
    "/usr/bin/python3.11 -E -S \(shelf)/\(compiler) $files")
}
