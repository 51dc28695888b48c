import Ext4
import FileTree
import Glibc
import Testing

/// Directories of every size, looked up by the kernel.
@Suite(.judged) struct DirectoryTests {
  let scratch = Scratch()

  struct Case: CustomTestStringConvertible {
    var count: Int
    var nameLength: Int
    var indexLevels: Int?
    var testDescription: String { "\(count) names of \(nameLength) bytes" }

    func name(_ index: Int) -> String {
      let digits = String(index)
      return digits
        + String(repeating: index % 3 == 0 ? "\u{e9}" : "xx", count: (nameLength - digits.utf8.count) / 2)
    }
  }

  @Test(
    .mounted,
    arguments: [
      Case(count: 1, nameLength: 8, indexLevels: nil), Case(count: 253, nameLength: 8, indexLevels: nil),
      Case(count: 254, nameLength: 8, indexLevels: 0), Case(count: 508, nameLength: 8, indexLevels: 0),
      // 507 and 508 leaves: the most one level points to, and one more.
      Case(count: 507 * 15, nameLength: 255, indexLevels: 0),
      Case(count: 507 * 15 + 1, nameLength: 255, indexLevels: 1),
      Case(count: 60_000, nameLength: 24, indexLevels: 0),
      Case(count: 60_000, nameLength: 255, indexLevels: 1),
    ])
  func `every name is found`(subject: Case) throws {
    let recipe = Recipe()
    recipe.directory("d")
    for index in 0..<subject.count {
      recipe.add(
        FileEntry(path: TreePath(stringLiteral: "d/" + subject.name(index)), kind: .fifo, mode: 0o644))
    }
    try recipe.image(at: scratch("image"))
    let dump = Judge.run("debugfs -R 'htree_dump d' \(scratch("image")) | head -8").output
    if let levels = subject.indexLevels {
      #expect(dump.contains("Indirect levels: \(levels)"), "\(dump)")
    } else {
      #expect(dump.contains("Not a hash-indexed directory"), "\(dump)")
    }
    try scratch.mounted(scratch("image")) { point in
      var missing: [String] = []
      for index in 0..<subject.count {
        var status = stat()
        if lstat("\(point)/d/\(subject.name(index))", &status) != 0 { missing.append(subject.name(index)) }
      }
      #expect(missing.isEmpty)
      #expect(access("\(point)/d/absent", F_OK) == -1)
      #expect(Judge.run("ls -U \(point)/d | sort -u | wc -l").output == "\(subject.count)\n")
    }
  }

  @Test(.mounted) func `a directory of 70,000 subdirectories has one link`() throws {
    let recipe = Recipe()
    recipe.directory("d")
    for index in 0..<70_000 { recipe.directory(TreePath(stringLiteral: "d/\(index)")) }
    try recipe.image(at: scratch("image"))
    try scratch.mounted(scratch("image")) { point in
      var status = stat()
      #expect(stat("\(point)/d", &status) == 0 && status.st_nlink == 1)
      #expect(stat("\(point)/d/69999/..", &status) == 0 && status.st_nlink == 1)
      #expect(Judge.run("ls -U \(point)/d | wc -l").output == "70000\n")
    }
  }

  @Test(.mounted) func `a writable image takes new names in a full index`() throws {
    let recipe = Recipe()
    recipe.directory("d")
    for index in 0..<5000 { recipe.file(TreePath(stringLiteral: "d/old\(index)")) }
    try recipe.image(at: scratch("image"), options: Recipe.options(headroom: 64 << 20))
    try scratch.mounted(scratch("image"), options: "rw") { point in
      #expect(Judge.run("cd \(point)/d && for i in $(seq 3000); do echo $i > new$i; done").output == "")
      #expect(Judge.run("cat \(point)/d/new2999; ls \(point)/d | wc -l").output == "2999\n8000\n")
    }
    Judge.expectClean(scratch("image"))
  }
}
