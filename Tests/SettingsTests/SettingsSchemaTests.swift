import BuildModel
import Diagnosis
import Foundation
import GuestConfig
import Json
import Settings
import TestSupport
import Testing

/// What jsonschema for Python says of documents under the schema.
@Suite(.enabled("needs python3-jsonschema", { Requirement.jsonSchema }))
struct SettingsSchemaTests {
  /// One line a document: "valid", or where and why it is not.
  private func verdicts(_ documents: [String]) throws -> [String] {
    let input = JSONText.array([.string(SettingsSchema.text)] + documents.map { .string($0) })
    let program = """
      import json, sys
      import jsonschema
      schema, *documents = map(json.loads, json.load(sys.stdin))
      jsonschema.Draft202012Validator.check_schema(schema)
      validator = jsonschema.Draft202012Validator(schema)
      for document in documents:
          error = next(validator.iter_errors(document), None)
          print("valid" if error is None else f"{error.json_path}: {error.message}".replace("\\n", " "))
      """
    return try runTool("/usr/bin/python3", ["-c", program], input: Array(input.rendered().utf8))
      .split(separator: "\n").map(String.init)
  }

  private func shipped() throws -> String {
    SettingsDocument(try GuestConfiguration(loading: "\(BuildSite.repository)/guest")).text
  }

  @Test func `accepts what is written for the shipped, a full and an empty config`() throws {
    let full = try GuestConfiguration(loading: "\(BuildSite.repository)/fixtures/guests/full")
    #expect(full.unusableSettingsKeys == [])
    let empty = SettingsDocument(GuestConfiguration(directory: "guest"))
    #expect(
      try verdicts([shipped(), SettingsDocument(full).text, empty.text]) == ["valid", "valid", "valid"])
  }

  struct Mutation: CustomTestStringConvertible {
    var testDescription: String
    var from: String
    var to: String
  }

  static let mutations = [
    ("an unknown type", #""type": "number""#, #""type": "slider""#),
    ("a switch that is a text", #""default": true"#, #""default": "true""#),
    ("a number that is a text", #""default": 14"#, #""default": "14""#),
    ("a number with a fraction", #""default": 14"#, #""default": 14.5"#),
    ("a list of texts for integers", "11434", #""11434""#),
    ("a file without content", #""path": "/root/.tmux.conf","#, #""place": "/root/.tmux.conf","#),
    ("a setting without a default", #""type": "apikey","#, #""type": "apikey", "fallback": "","#),
    ("a setting without a name", #""name": "Dark mode","#, ""),
    ("a setting with a child", #""name": "Dark mode","#, #""name": "Dark mode", "child": {},"#),
    ("an unknown button", #""action": "check_update""#, #""action": "explode""#),
    ("meta of another type", #""side_effect": "toggle_theme""#, #""env_vars": ["THEME"]"#),
    ("an unknown file type", #""filetype": "conf""#, #""filetype": "ini""#),
    ("a range with one end", #""max": 32"#, #""step": 1"#),
    ("a method that is refused by name", #""post": true"#, #""post": false"#),
    ("a group that is a text", #""git": {"#, #""note": "text", "git": {"#),
    ("a key with a dot", #""cpu_count": {"#, #""cpu.count": {"#),
    ("a switch of a group that is no switch", "ai.google.allow", "ai.google"),
    ("another top group", #""appearance": {"#, #""looks": {}, "appearance": {"#),
    ("a missing top group", #""appearance": {"#, #""looks": {"#),
    ("a server of an unknown transport", #""transport": "stdio""#, #""transport": "pipe""#),
    ("a server without a command", #""command": "/run/capsem-mcp-server","#, ""),
    ("a server that does not say whether it is enabled", #""enabled": true"#, #""args": ["x"]"#),
  ].map { Mutation(testDescription: $0, from: $1, to: $2) }

  @Test func `refuses a document with one thing wrong`() throws {
    let text = try shipped()
    let mutated = try Self.mutations.map { mutation in
      let place = try #require(text.range(of: mutation.from), "\(mutation)")
      return text.replacingCharacters(in: place, with: mutation.to)
    }
    for (mutation, verdict) in try zip(Self.mutations, verdicts(mutated)) {
      #expect(verdict != "valid", "\(mutation.testDescription)")
    }
  }
}
