/// A condition on the machine under which a package is needed: `python_full_version < '3.12' and
/// sys_platform == 'linux'` (PEP 508).
package struct PythonMarker: Sendable, Equatable {
  private indirect enum Node: Sendable, Equatable {
    case comparison(Operand, String, Operand)
    case all([Node])
    case any([Node])
  }

  private enum Operand: Sendable, Equatable {
    case variable(String)
    case text(String)
  }

  private let node: Node

  /// Nil for what is not a marker, or names something that PEP 508 does not know.
  package init?(_ text: some StringProtocol) {
    guard let words = PythonMarker.words(of: text) else { return nil }
    var rest = words[...]
    guard let node = PythonMarker.any(&rest), rest.isEmpty else { return nil }
    self.node = node
  }

  package func holds(on target: PythonTarget) -> Bool { PythonMarker.holds(node, target) }

  private static let variables = [
    "python_version", "python_full_version", "implementation_version", "os_name", "sys_platform",
    "platform_machine", "platform_system", "platform_python_implementation", "implementation_name",
    "platform_release", "platform_version", "extra",
  ]

  private static func value(of variable: String, on target: PythonTarget) -> String {
    switch variable {
    case "python_version": target.python
    case "python_full_version", "implementation_version": "\(target.python).0"
    case "os_name": "posix"
    case "sys_platform": "linux"
    case "platform_machine": target.machine
    case "platform_system": "Linux"
    case "platform_python_implementation": "CPython"
    case "implementation_name": "cpython"
    default: ""
    }
  }

  private static func holds(_ node: Node, _ target: PythonTarget) -> Bool {
    switch node {
    case .all(let nodes): return nodes.allSatisfy { holds($0, target) }
    case .any(let nodes): return nodes.contains { holds($0, target) }
    case .comparison(let left, let operation, let right):
      func value(_ operand: Operand) -> String {
        switch operand {
        case .variable(let name): PythonMarker.value(of: name, on: target)
        case .text(let text): text
        }
      }
      let (a, b) = (value(left), value(right))
      switch operation {
      case "in": return b.split(whereSeparator: { $0 == " " || $0 == "," }).contains(a[...]) || b.contains(a)
      case "not in": return !b.contains(a)
      default: break
      }
      // Versions where both are, text otherwise, as PEP 508 has it.
      if let version = PythonVersion(a), let condition = PythonSpecifier(operation + b) {
        return condition.allows(version)
      }
      switch operation {
      case "==", "===": return a == b
      case "!=": return a != b
      case "<": return a < b
      case ">": return a > b
      case "<=": return a <= b
      default: return a >= b
      }
    }
  }

  private static func any(_ rest: inout ArraySlice<Word>) -> Node? {
    var nodes: [Node] = []
    repeat {
      guard let node = all(&rest) else { return nil }
      nodes.append(node)
    } while skip("or", &rest)
    return nodes.count == 1 ? nodes[0] : .any(nodes)
  }

  private static func all(_ rest: inout ArraySlice<Word>) -> Node? {
    var nodes: [Node] = []
    repeat {
      guard let node = comparison(&rest) else { return nil }
      nodes.append(node)
    } while skip("and", &rest)
    return nodes.count == 1 ? nodes[0] : .all(nodes)
  }

  private static func comparison(_ rest: inout ArraySlice<Word>) -> Node? {
    if skip("(", &rest) {
      guard let node = any(&rest), skip(")", &rest) else { return nil }
      return node
    }
    guard let left = operand(&rest), case .plain(var operation)? = rest.popFirst() else { return nil }
    if operation == "not" {
      guard skip("in", &rest) else { return nil }
      operation = "not in"
    }
    guard ["==", "===", "!=", "<", ">", "<=", ">=", "~=", "in", "not in"].contains(operation),
      let right = operand(&rest)
    else { return nil }
    return .comparison(left, operation, right)
  }

  private static func operand(_ rest: inout ArraySlice<Word>) -> Operand? {
    switch rest.popFirst() {
    case .quoted(let text): .text(text)
    case .plain(let name) where variables.contains(name): .variable(name)
    default: nil
    }
  }

  private static func skip(_ word: String, _ rest: inout ArraySlice<Word>) -> Bool {
    guard rest.first == .plain(word) else { return false }
    rest.removeFirst()
    return true
  }

  private enum Word: Equatable {
    case plain(String)
    case quoted(String)
  }

  private static func words(of text: some StringProtocol) -> [Word]? {
    var words: [Word] = []
    var rest = Substring(text)
    while let character = rest.first {
      if character.isWhitespace {
        rest.removeFirst()
      } else if character == "'" || character == "\"" {
        let content = rest.dropFirst().prefix { $0 != character }
        rest = rest.dropFirst(content.count + 1)
        guard rest.popFirst() == character else { return nil }
        words.append(.quoted(String(content)))
      } else if character == "(" || character == ")" {
        words.append(.plain(String(rest.removeFirst())))
      } else {
        let isName = character.isLetter
        let word = rest.prefix { isName ? $0.isLetter || $0.isNumber || $0 == "_" : "=!<>~".contains($0) }
        guard !word.isEmpty else { return nil }
        words.append(.plain(String(word)))
        rest = rest.dropFirst(word.count)
      }
    }
    return words
  }
}
