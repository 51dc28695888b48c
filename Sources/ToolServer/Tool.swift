import Diagnosis
import Json

/// Something that a client can have done: its name, what it is told, and the function.
package struct Tool: Sendable {
  package var name: String
  package var description: String
  package var arguments: [Argument]
  /// Gets the arguments that were given and the defaults of the others. What it throws becomes a result
  /// with an error's text.
  package var run: @Sendable (Arguments) throws -> String

  package init(
    name: String, description: String, arguments: [Argument],
    run: @escaping @Sendable (Arguments) throws -> String
  ) {
    self.name = name
    self.description = description
    self.arguments = arguments
    self.run = run
  }

  /// All arguments are texts.
  package struct Argument: Sendable {
    package var name: String
    package var description: String
    package var isRequired: Bool
    /// Nothing else is taken; empty for any text.
    package var choices: [String]
    package var defaultValue: String?

    package init(
      _ name: String, _ description: String, required isRequired: Bool = true, choices: [String] = [],
      default defaultValue: String? = nil
    ) {
      self.name = name
      self.description = description
      self.isRequired = isRequired && defaultValue == nil
      self.choices = choices
      self.defaultValue = defaultValue
    }
  }

  /// What a call was given, by name.
  package struct Arguments: Sendable {
    var values: [String: String] = [:]

    package subscript(name: String) -> String? { values[name] }

    /// Of an argument that is required, or has a default.
    package subscript(required name: String) -> String {
      guard let value = values[name] else { preconditionFailure("\(name) is not required") }
      return value
    }
  }
}

extension Tool {
  /// JSON Schema of the arguments.
  var schema: JSONText {
    .object([
      ("type", .string("object")),
      ("properties", .object(arguments.map { ($0.name, $0.schema) })),
      ("required", .array(arguments.filter(\.isRequired).map { .string($0.name) })),
    ])
  }

  /// Members that are no argument of this tool are not looked at.
  func arguments(from members: [String: JSONValue]) throws(Report) -> Arguments {
    var result = Arguments()
    for argument in arguments {
      let value = members[argument.name] ?? .null
      if value.isNull {
        if argument.isRequired { throw Report("cannot run \(name): missing argument \"\(argument.name)\"") }
        result.values[argument.name] = argument.defaultValue
        continue
      }
      let expected = argument.choices.isEmpty ? "text" : argument.choices.joined(separator: " or ")
      guard let text = value.string, argument.choices.isEmpty || argument.choices.contains(text) else {
        let found = value.string.map { "\"\($0)\"" } ?? value.kind
        throw Report("cannot run \(name): expected \(expected) for \"\(argument.name)\", found \(found)")
      }
      result.values[argument.name] = text
    }
    return result
  }
}

extension Tool.Argument {
  fileprivate var schema: JSONText {
    var members: [(String, JSONText)] = [("type", .string("string")), ("description", .string(description))]
    if !choices.isEmpty { members.append(("enum", .array(choices.map(JSONText.string)))) }
    if let defaultValue { members.append(("default", .string(defaultValue))) }
    return .object(members)
  }
}
