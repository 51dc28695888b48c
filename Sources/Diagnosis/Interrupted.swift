/// A person or a supervisor asked for an end. It is not a failure that needs words.
package struct Interrupted: Diagnosable {
  package init() {}
  package var summary: String { "interrupted" }
}
