@testable import Commands
import FileTree
import Glibc
import GuestConfig
import Json
import Linting

/// A guest of which one file is written anew for each input: its first byte chooses the file, the rest is
/// the content. All other files are those of the guest that the environment names.
struct FuzzedGuest {
  static let shared = FuzzedGuest()

  /// `CAPSEM_FUZZ_GUEST`: a copy that may be destroyed.
  private let directory: String
  private let files = [
    "build.toml", "manifest.toml", "ai/provider.toml", "packages/set.toml", "mcp/server.toml",
    "security/web.toml", "vm/resources.toml", "vm/environment.toml", "stray/else.toml",
    "kernel/defconfig.x86_64",
  ]
  /// What the files hold while they are not the one that is fuzzed.
  private let originals: [[UInt8]?]

  private init() {
    guard let directory = getenv("CAPSEM_FUZZ_GUEST").map({ String(cString: $0) }) else {
      fatalError("CAPSEM_FUZZ_GUEST names no guest")
    }
    self.directory = directory
    originals = files.map { file in
      guard let descriptor = try? Descriptor(opening: "\(directory)/config/\(file)", O_RDONLY) else {
        return nil
      }
      return try? readAll(descriptor.raw, named: file)
    }
  }

  func validate(_ input: UnsafeRawBufferPointer) {
    guard let first = input.first else { return }
    let chosen = Int(first) % files.count
    write(Array(input.dropFirst()), to: files[chosen])
    defer {
      if let original = originals[chosen] {
        write(original, to: files[chosen])
      } else {
        unlink("\(directory)/config/\(files[chosen])")
      }
    }

    let validation = Validation(of: directory, artifacts: directory)
    // Everything that is done with a diagnostic, and a result that cannot be thrown away unseen.
    var size = validation.plainText.utf8.count + validation.json.rendered().utf8.count
    size += validation.sarif(version: "0", workingDirectory: "/").rendered().utf8.count
    size += Rendering.validation(validation, width: 80, style: Style(colour: true)).utf8.count
    precondition(size > 0)
    precondition(validation.guest.problems.isEmpty || !validation.passes, "a problem without an error")
  }

  private func write(_ content: [UInt8], to file: String) {
    let path = "\(directory)/config/\(file)"
    guard let stream = fopen(path, "w") else { fatalError("cannot write \(path)") }
    fwrite(content, 1, content.count, stream)
    fclose(stream)
  }
}
