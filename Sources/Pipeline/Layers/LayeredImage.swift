import BuildModel
import Diagnosis
import FileTree
import Imaging
import Installing
import Layers
import Sandbox
import Threads

/// An image out of a sealed layer and the guest's own files: no tree, no worker, nothing of the image runs.
struct LayeredImage {
  var settings: ImageSettings
  var installation: Installation
  var date: Timestamp
  var threads: Int
  var events: EventHandler
  var cancellation: Cancellation

  /// What was written, and the layer with its contents where they lie in the new image.
  struct Written {
    var tree: ImagedTree
    var layer: Layer?
  }

  /// Writes to `output`, an empty file. Nil when the guest's files need a tree on disk.
  func write(
    _ held: KeptLayers.Held, to output: CInt, open: (Digest, String) throws -> Descriptor
  ) throws -> Written? {
    events(.started(.install))
    let base = held.layer
    guard
      let overlay = try GuestOverlay(installation.ownFiles, over: base.entries, modified: date, open: open)
    else { return nil }
    events(.finished(.install, reused: false))
    events(.started(.image))
    let known = base.known
    let contents = overlay.contents(over: PackContents(pack: held.pack, of: known))
    let imager = Imager(settings: settings, date: date, threads: threads, events: events)
    let written = try imager.write(
      overlay.entries, contents: StoppableContents(contents: contents, cancellation: cancellation),
      known: known.filter { !overlay.paths.contains($0.key) }, to: output)
    events(.finished(.image, reused: false))
    return Written(
      tree: written.tree, layer: Layer(base.entries, in: written, besides: overlay.paths))
  }
}

extension Layer {
  /// A tree whose contents lie in an image of it and of more, which has other files at the paths `besides`.
  /// Nil when the image has not all of its contents.
  init?(_ entries: [FileEntry], in image: Imager.Written, besides others: Set<TreePath>) {
    var places = [TreePath: PackedContent](minimumCapacity: image.entries.count)
    for (entry, content) in zip(image.entries, image.contents) where !others.contains(entry.path) {
      if let content { places[entry.path] = content }
    }
    let contents = entries.map { $0.kind == .file && $0.size > 0 ? places[$0.path] : nil }
    let isWhole = zip(entries, contents).allSatisfy { entry, content in
      (entry.kind != .file || entry.size == 0 || content != nil) && entry.kind != .socket
    }
    if !isWhole { return nil }
    self.init(entries: entries, contents: contents, packSize: image.tree.size)
  }
}
