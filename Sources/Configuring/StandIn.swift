import FileTree

/// A program of the image that is run in another version: the same text with its slow places rewritten, for
/// the same result. Known are texts by their SHA-256; any other runs as it is.
struct StandIn: Sendable {
  /// Where the tree has it. A link there is left alone.
  var program: TreePath
  /// SHA-256 of the texts for which the edits were written and compared.
  var known: [String]
  var edits: [Edit]
  var place = Place.overItself
  /// The name on the shelf without which this one is of no use.
  var requires: String?

  enum Place: Sendable, Equatable {
    case overItself
    /// Beside the tree only, by this name.
    case shelf(String)
  }

  struct Edit: Sendable {
    /// Stands in the text once.
    var old: String
    var new: String

    init(_ old: String, _ new: String) { (self.old, self.new) = (old, new) }
  }

  /// Where programs in the sandbox find the shelf.
  static let shelf = "/dev/.stand-ins"

  /// The other version; nil for a text that is not known.
  func text(insteadOf original: [UInt8]) -> [UInt8]? {
    known.contains(Digest(of: original).hex) ? edited(original) : nil
  }

  func edited(_ original: [UInt8]) -> [UInt8] {
    edits.reduce(original) { text, edit in
      let old = Array(edit.old.utf8)
      let places = text.indices.filter { text[$0] == old[0] && text[$0...].starts(with: old) }
      precondition(places.count == 1, "\(program) has \(places.count) places for an edit")
      return text[..<places[0]] + Array(edit.new.utf8) + text[(places[0] + old.count)...]
    }
  }

  static let all = certificates + [unitHelper] + byteCode
}
