import BuildModel
import Comparing
import FileTree
import Json
import Pipeline

/// What two builds of one lock have shown.
struct Verdict {
  var verification: Verification
  /// Nil when the images are the same.
  var comparison: ImageComparison?
  /// Data in the image that no two builds make alike.
  var irreproducible: [IrreproducibleData]

  init(_ verification: Verification) throws {
    self.verification = verification
    irreproducible = IrreproducibleData.inImage(with: verification.packages)
    if verification.isSame { return }
    comparison = try ImageComparison(
      try OpenedImage(verification.images.first), with: try OpenedImage(verification.images.second))
  }

  // MARK: Text

  func text(style: Style) -> String {
    let name = verification.architecture
    var text = "\(style.paint(.cyan, name)): "
    text +=
      verification.isSame
      ? style.paint(.green, "the same") + ", sha256:\(verification.digests.first)\n"
      : style.paint(.red, "different") + "\n"
    text += Rendering.table(
      verification.circumstances.map { variation in
        switch variation.outcome {
        case .varied(let from, let to): [variation.circumstance.rawValue, "varied", "\(from) -> \(to)"]
        case .notVaried(let why): [variation.circumstance.rawValue, "not varied", why]
        }
      })
    for data in irreproducible {
      text += "\(data.packages.joined(separator: ", ")): not reproducible, for \(data.reason)\n"
    }
    if let comparison { text += "\n" + comparison.text }
    return text
  }

  // MARK: JSON

  var json: JSONText {
    .object([
      ("same", .boolean(verification.isSame)),
      ("first", .string(verification.digests.first.hex)),
      ("second", .string(verification.digests.second.hex)),
      ("circumstances", .array(verification.circumstances.map(Verdict.json))),
      (
        "irreproducible",
        .array(
          irreproducible.map {
            .object([("packages", .array($0.packages.map(JSONText.string))), ("reason", .string($0.reason))])
          })
      ),
      ("difference", comparison.map(\.json) ?? .null),
    ])
  }

  private static func json(_ variation: Verification.Variation) -> JSONText {
    let name = JSONText.string(variation.circumstance.rawValue)
    switch variation.outcome {
    case .varied(let from, let to):
      return .object([
        ("name", name), ("varied", .boolean(true)), ("from", .string(from)), ("to", .string(to)),
      ])
    case .notVaried(let why):
      return .object([("name", name), ("varied", .boolean(false)), ("why", .string(why))])
    }
  }
}
