/// A condition of the kernel's configuration language (Documentation/kbuild/kconfig-language.rst in its
/// source): names, `&&`, `||`, `!`, comparisons, and macros, which only the build's own tools can answer.
indirect enum KconfigExpression: Sendable, Equatable {
  case symbol(String)
  /// "y", or what stands in quotes.
  case constant(String)
  /// `$(cc-option,-mfoo)`: taken for true.
  case macro(String)
  case not(KconfigExpression)
  case and(KconfigExpression, KconfigExpression)
  case or(KconfigExpression, KconfigExpression)
  case comparison(KconfigExpression, String, KconfigExpression)

  /// What lacks for it to be true, in words; empty if it is. `value` is "n" for what is not set.
  func unmet(_ value: (String) -> String) -> [String] {
    switch self {
    case .macro: return []
    case .and(let a, let b): return a.unmet(value) + b.unmet(value)
    case .symbol(let name) where !isTrue(value): return ["\(name), which is \(value(name))"]
    case .not(.symbol(let name)) where !isTrue(value):
      return ["\(name) being off, and it is \(value(name))"]
    default: return isTrue(value) ? [] : [text]
    }
  }

  func isTrue(_ value: (String) -> String) -> Bool {
    switch self {
    case .symbol, .constant:
      let text = operand(value)
      return text == "y" || text == "m"
    case .macro: return true
    case .not(let a): return !a.isTrue(value)
    case .and(let a, let b): return a.isTrue(value) && b.isTrue(value)
    case .or(let a, let b): return a.isTrue(value) || b.isTrue(value)
    case .comparison(let a, let sign, let b):
      let (left, right) = (a.operand(value), b.operand(value))
      guard let x = Int(left), let y = Int(right) else { return (left == right) == (sign == "=") }
      switch sign {
      case "=": return x == y
      case "!=": return x != y
      case "<": return x < y
      case "<=": return x <= y
      case ">": return x > y
      default: return x >= y
      }
    }
  }

  private func operand(_ value: (String) -> String) -> String {
    switch self {
    case .symbol(let name): Int(name) == nil ? value(name) : name
    case .constant(let text): text
    default: isTrue(value) ? "y" : "n"
    }
  }

  var text: String {
    switch self {
    case .symbol(let name), .constant(let name), .macro(let name): name
    case .not(let a): "!\(a.text)"
    case .and(let a, let b): "(\(a.text) && \(b.text))"
    case .or(let a, let b): "(\(a.text) || \(b.text))"
    case .comparison(let a, let sign, let b): "\(a.text) \(sign) \(b.text)"
    }
  }
}

// MARK: - Reading

extension KconfigExpression {
  /// Nil for what is no expression of the language.
  init?(_ text: Substring) {
    var tokens = KconfigExpression.tokens(of: text)[...]
    guard let expression = KconfigExpression.disjunction(&tokens), tokens.isEmpty else { return nil }
    self = expression
  }

  private static func disjunction(_ tokens: inout ArraySlice<String>) -> KconfigExpression? {
    guard var left = conjunction(&tokens) else { return nil }
    while tokens.first == "||" {
      tokens.removeFirst()
      guard let right = conjunction(&tokens) else { return nil }
      left = .or(left, right)
    }
    return left
  }

  private static func conjunction(_ tokens: inout ArraySlice<String>) -> KconfigExpression? {
    guard var left = term(&tokens) else { return nil }
    while tokens.first == "&&" {
      tokens.removeFirst()
      guard let right = term(&tokens) else { return nil }
      left = .and(left, right)
    }
    return left
  }

  private static func term(_ tokens: inout ArraySlice<String>) -> KconfigExpression? {
    guard let token = tokens.popFirst() else { return nil }
    if token == "!" { return term(&tokens).map { .not($0) } }
    if token == "(" {
      guard let inner = disjunction(&tokens), tokens.popFirst() == ")" else { return nil }
      return inner
    }
    guard let left = atom(token) else { return nil }
    guard let sign = tokens.first, ["=", "!=", "<", "<=", ">", ">="].contains(sign) else { return left }
    tokens.removeFirst()
    guard let right = tokens.popFirst().flatMap(atom) else { return nil }
    return .comparison(left, sign, right)
  }

  private static func atom(_ token: String) -> KconfigExpression? {
    if token.hasPrefix("$") { return .macro(token) }
    if token.hasPrefix("\"") { return .constant(token.filter { $0 != "\"" }) }
    guard token.allSatisfy({ $0.isLetter || $0.isNumber || "_-./".contains($0) }) else { return nil }
    return ["y", "m", "n"].contains(token) ? .constant(token) : .symbol(token)
  }

  private static func tokens(of text: Substring) -> [String] {
    var tokens: [String] = []
    var rest = text
    while let first = rest.first {
      if first.isWhitespace {
        rest.removeFirst()
      } else if let sign = ["&&", "||", "!=", "<=", ">="].first(where: rest.hasPrefix) {
        tokens.append(sign)
        rest.removeFirst(2)
      } else if "!()=<>".contains(first) {
        tokens.append(String(rest.removeFirst()))
      } else {
        tokens.append(word(&rest))
      }
    }
    return tokens
  }

  /// A name, a text in quotes, or a macro with all of its parentheses.
  private static func word(_ rest: inout Substring) -> String {
    var word = ""
    var depth = 0
    var isQuoted = false
    while let next = rest.first {
      if next == "\"" { isQuoted.toggle() }
      if !isQuoted && depth == 0 && (next.isWhitespace || "!=<>&|)".contains(next)) { break }
      if next == "(" { depth += 1 }
      if next == ")" { depth -= 1 }
      word.append(rest.removeFirst())
    }
    return word.isEmpty ? String(rest.removeFirst()) : word
  }
}
