import BuildModel
import FileTree
import Sandbox

/// How far a build goes.
package enum BuildGoal: String, Codable, Sendable, CaseIterable {
  case staged, configured, installed
  /// The image.
  case sealed
}

/// All that a worker needs to make one architecture's image, but for the bytes, which it asks for by
/// digest.
struct BuildJob: Codable, Sendable {
  var goal: BuildGoal
  var lock: LockedArchitecture
  var releases: [LockedRelease]
  /// Seconds since 1970: every time in the image that no package gave, and the upper bound of the rest.
  var sourceDate: Int64
  var threads: Int
  /// Bytes of a tmpfs for the tree; nil to have it on the workspace's file system.
  var memory: Int64?
  var installation: Installation
  var image: ImageSettings
  var versions: VersionCommands
  /// Whose programs the worker is to have run by an emulator; nil when they run without its help.
  var emulated: Machine?
  var surroundings: Surroundings
  /// What the build begins with; nil for an empty tree.
  var base: LayerBase?
  /// Whether the states that it passes are kept.
  var keepsLayers = false
}
