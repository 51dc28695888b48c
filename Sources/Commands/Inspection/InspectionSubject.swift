import Diagnosis
import FileTree
import Foundation
import Glibc

/// What `inspect` and `diff` were pointed at.
enum InspectionSubject: Equatable {
  case guest(String)
  case image(String)

  /// A directory with a config is a guest. A file, a block device, and a directory that holds one
  /// `rootfs.ext4`, as OUTPUT and OUTPUT/ARCH do, stand for an image.
  /// `verb` is the command's, for errors.
  init(_ path: String, to verb: String = "inspect") throws {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno != ENOENT { throw SystemFailure(verb, path) }
      throw Report(
        "cannot \(verb) \(path): no such file or directory",
        hints: ["`capsem-native init \(path)` writes a first config, `capsem-native build` an image"])
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG, S_IFBLK: self = .image(path)
    case S_IFDIR where InspectionSubject.exists("\(path)/config"): self = .guest(path)
    case S_IFDIR:
      let images = try InspectionSubject.images(in: path)
      if images.count > 1 {
        throw Report(
          "cannot \(verb) \(path): it holds \(images.count) images",
          hints: images.map { verb == "inspect" ? "`capsem-native inspect \($0)`" : "name one: \($0)" })
      }
      // What is neither is a guest without a config, and loading it says so.
      self = images.first.map { .image($0) } ?? .guest(path)
    default: throw Report("cannot \(verb) \(path): it is neither a directory nor an image")
    }
  }

  private static func images(in directory: String) throws -> [String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    return ([""] + names.map { "/\($0)" }).map { "\(directory)\($0)/rootfs.ext4" }.filter(exists)
  }

  private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
