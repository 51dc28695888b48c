import TestSupport

/// A program of the tests' own in C, without libraries that a tree would have to have.
final class CompiledProgram: Sendable {
  private let scratch: ScratchDirectory
  let path: String

  init(_ source: String) throws {
    scratch = try ScratchDirectory()
    path = scratch.file("program")
    try scratch.write(Array(source.utf8), to: "program.c")
    try runTool("cc", ["-static", "-O1", "-D_GNU_SOURCE", "-o", path, scratch.file("program.c")])
    try runTool("chmod", ["755", scratch.path, path])
  }

  /// `attribute PATH NAME` prints an extended attribute in hexadecimal digits, or why it cannot; with a value
  /// behind them it is set.
  static let attribute = Result {
    try CompiledProgram(
      """
      #include <errno.h>
      #include <stdio.h>
      #include <string.h>
      #include <sys/xattr.h>
      int main(int count, char **words) {
        unsigned char value[1024];
        ssize_t size = 0;
        if (count > 3) {
          for (; sscanf(words[3] + 2 * size, "%2hhx", value + size) == 1; size++) {}
          size = setxattr(words[1], words[2], value, size, 0);
        } else {
          ssize_t room = getxattr(words[1], words[2], NULL, 0);
          size = getxattr(words[1], words[2], value, room < 0 ? 0 : room);
        }
        if (size < 0) return puts(strerror(errno)) < 0;
        for (ssize_t i = 0; i < size; i++) printf("%02x", value[i]);
        return count > 3 ? 0 : puts("") < 0;
      }
      """)
  }
}
