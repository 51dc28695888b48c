/// What `validate` finds. The numbers up to E010, E3xx and W013 are those that users of older builders
/// know; a number is never used for something else.
package enum DiagnosticCode: String, Sendable, CaseIterable {
  // What keeps a config from being read.
  case missingFile = "E001"
  case syntax = "E002"
  case value = "E003"
  case emptyPackages = "E004"
  case manager = "E005"
  // What is wrong with what was read.
  case domain = "E006"
  case duplicateTable = "E008"
  case relativePath = "E009"
  case invalidJSON = "E010"
  case suite = "E011"
  case architecture = "E012"
  // What is missing beside it.
  case defconfig = "E300"
  case certificate = "E301"
  case artifact = "E302"

  case noRegistry = "W001"
  case developmentPackage = "W002"
  case secret = "W003"
  case noNetwork = "W004"
  case allowedAndBlocked = "W005"
  case placeholder = "W006"
  case broadWildcard = "W007"
  case sharedVariable = "W008"
  case shellCommand = "W009"
  case searchPath = "W010"
  case openWeb = "W011"
  case rustTarget = "W012"
  case noVersionCommand = "W013"

  case unknownKey = "W014"
  case strayFile = "W015"
  case overruledManager = "W016"
  case packageName = "W017"
  // W018 told of managers that no build could install with; now all of them install.
  case installer = "W019"
  case noPython = "W020"
  case nothingToInstall = "W021"
  case variableName = "W022"
  case kernelOption = "W023"
  case domainSyntax = "W024"
  case swallowedAllow = "W025"
  case idleOption = "W026"

  package var severity: Diagnostic.Severity { rawValue.hasPrefix("E") ? .error : .warning }
}
