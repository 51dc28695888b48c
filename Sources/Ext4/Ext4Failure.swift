import CExt2fs
import Diagnosis
import FileTree

/// Why a tree does not become an ext4 image.
package struct Ext4Failure: Diagnosable, Equatable {
  package enum Subject: Sendable, Equatable {
    case image
    case entry(TreePath)
  }

  package var subject: Subject
  package var cause: String
  package var hints: [String]

  init(_ subject: Subject, _ cause: String, hints: [String] = []) {
    self.subject = subject
    self.cause = cause
    self.hints = hints
  }

  init(_ path: TreePath, _ cause: String) { self.init(.entry(path), cause) }

  package var summary: String {
    switch subject {
    case .image: "cannot write the ext4 image: \(cause)"
    case .entry(let path): "cannot store \(path) in ext4: \(cause)"
    }
  }
}

/// Throws what a function of libext2fs failed with, in its words.
func ext2fs(_ call: String, _ code: errcode_t) throws(Ext4Failure) {
  if code != 0 { throw Ext4Failure(.image, "\(call): \(String(cString: cext2fs_message(code)))") }
}
