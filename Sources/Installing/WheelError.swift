import Diagnosis

/// Why a wheel is not installed: it is damaged, hostile, or meant for something else.
package struct WheelError: Diagnosable, Equatable {
  /// The wheel's file name.
  package var wheel: String
  package var problem: String
  package var hints: [String]

  package init(_ wheel: String, _ problem: String, hints: [String] = []) {
    self.wheel = wheel
    self.problem = problem
    self.hints = hints
  }

  package var summary: String { "cannot install \(wheel): \(problem)" }
}
