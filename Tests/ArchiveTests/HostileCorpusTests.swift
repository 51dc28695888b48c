import TestSupport
import Testing

/// The files of `fixtures/archives` themselves.
@Suite struct HostileCorpusTests {
  /// What is refused for being hostile must not be refused for being odd.
  @Test(arguments: Set(ArchiveRecipe.corpus.map(\.file)).sorted())
  func `each refusal has a harmless twin in the same file`(file: String) {
    let recipes = ArchiveRecipe.corpus.filter { $0.file == file }
    let refused = recipes.filter { $0.expected != nil }.reduce(into: Set()) { $0.formUnion($1.readers) }
    let accepted = recipes.filter { $0.expected == nil }.reduce(into: Set()) { $0.formUnion($1.readers) }
    #expect(refused.subtracting(accepted).isEmpty)
  }

  @Test(arguments: ArchiveRecipe.Reader.allCases)
  func `each reader has both`(reader: ArchiveRecipe.Reader) {
    for refused in [true, false] { #expect(ArchiveRecipe.all(for: reader, refused: refused).count > 5) }
  }
}
