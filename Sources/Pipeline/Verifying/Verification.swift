import FileTree

/// Two builds of one lock, the second under other circumstances.
package struct Verification: Sendable {
  package var architecture: String
  /// Paths of both images, which are there as long as `scratch` is.
  package var images: (first: String, second: String)
  package var digests: (first: Digest, second: Digest)
  /// In the order of `Circumstance`.
  package var circumstances: [Variation]
  /// Names of the image's Debian packages.
  package var packages: [String]
  let scratch: VerificationScratch

  package var isSame: Bool { digests.first == digests.second }

  /// What became of one circumstance.
  package struct Variation: Sendable, Equatable {
    package var circumstance: Circumstance
    package var outcome: Outcome

    /// Words of a probe before and after, or why it is the same.
    package enum Outcome: Sendable, Equatable {
      case varied(from: String, to: String)
      case notVaried(why: String)
    }
  }
}
