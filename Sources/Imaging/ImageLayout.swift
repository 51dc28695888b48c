/// The number of the rules by which the bytes of an image follow from a lock. Lock and manifest carry it, so
/// that a promise of equal bytes names the rules that it was made under.
///
/// A change after which any image has other bytes raises it, whichever module it is in, and says why here:
///
/// 1. The first: UUID from the tree's digest, hash seed from the names (decision 7).
package enum ImageLayout {
  package static let version = 1
}
