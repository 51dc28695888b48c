/// A configuration file of a package manager of the host, as text.
package struct ConfigurationFile: Sendable, Equatable {
  package var path: String
  package var text: String

  package init(path: String, text: String) {
    self.path = path
    self.text = text
  }
}
