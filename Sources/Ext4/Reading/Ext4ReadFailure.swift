import CExt2fs
import Diagnosis

/// Why an image, or something in it, cannot be read.
package struct Ext4ReadFailure: Diagnosable, Equatable {
  package var image: String
  /// In the image; nil for the image as a whole.
  package var path: String?
  package var cause: String
  package var hints: [String]

  init(_ image: String, path: String? = nil, _ cause: String, hints: [String] = []) {
    self.image = image
    self.path = path
    self.cause = cause
    self.hints = hints
  }

  init(_ image: String, path: String? = nil, _ damage: Damage) {
    self.init(
      image, path: path, damage.cause, hints: damage.hints ?? ["`e2fsck -fn \(image)` lists what is damaged"])
  }

  package var summary: String {
    path.map { "cannot read \($0) in \(image): \(cause)" } ?? "cannot read \(image): \(cause)"
  }
}

/// What is wrong with a part of an image. Whoever knows the image and the path makes a failure of it.
struct Damage: Error {
  var cause: String
  /// Nil where only e2fsck can tell more.
  var hints: [String]?

  init(_ cause: String, hints: [String]? = nil) {
    self.cause = cause
    self.hints = hints
  }

  /// Throws what a function of libext2fs failed with, in its words.
  static func check(_ code: errcode_t) throws(Damage) {
    if code != 0 { throw Damage(String(cString: cext2fs_message(code))) }
  }
}
