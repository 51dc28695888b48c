import FileTree
import Glibc

/// The input as a file, for parsers that read by offset; it has no name. Made once, emptied each time.
func withFile(_ input: UnsafeRawBufferPointer, _ body: (CInt) throws -> Void) throws {
  let file = InputFile.shared.raw
  guard ftruncate(file, 0) == 0 else { fatalError("cannot empty the input's file") }
  try writeAll(input, to: file, at: 0, named: "input")
  try body(file)
}

private enum InputFile {
  static let shared: Descriptor = {
    guard let file = tmpfile() else { fatalError("cannot make the input's file") }
    return Descriptor(owning: dup(fileno(file)))
  }()
}
