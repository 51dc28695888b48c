import Json

/// What a request is known by, and what its answer repeats.
enum RequestID: Sendable, Equatable {
  case text(String)
  case integer(Int64)

  /// Nil for what no request may be known by, and for numbers that a double does not hold exactly.
  init?(_ value: JSONValue) {
    switch value {
    case .string(let text): self = .text(text)
    case .number(let number):
      guard abs(number) <= 9_007_199_254_740_991, let integer = Int64(exactly: number) else { return nil }
      self = .integer(integer)
    default: return nil
    }
  }

  var json: JSONText {
    switch self {
    case .text(let text): .string(text)
    case .integer(let number): .number(number)
    }
  }
}

/// A call of JSON-RPC 2.0; without an id, a notification, which nobody answers.
struct Message: Sendable, Equatable {
  var id: RequestID?
  var method: String
  /// Empty when there are none.
  var parameters: JSONValue

  /// Nil for what is wrong and yet not to be answered.
  init?(_ line: some Collection<UInt8>) throws(ProtocolError) {
    let document: JSONValue
    do throws(JSONProblem) {
      document = try JSONValue(parsing: line)
    } catch {
      throw ProtocolError(.parse, "the line is not JSON: column \(error.column): \(error.reason)")
    }
    guard case .object(let members) = document else {
      throw ProtocolError(.invalidRequest, "expected an object, found \(document.kind)")
    }
    if let value = members["id"] {
      guard let id = RequestID(value) else {
        throw ProtocolError(.invalidRequest, "expected text or an integer for \"id\"")
      }
      self.id = id
    }
    guard let method = members["method"]?.string else {
      if id == nil { return nil }
      throw ProtocolError(.invalidRequest, "expected text for \"method\"", id)
    }
    self.method = method
    self.parameters = members["params"] ?? .object([:])
  }
}

/// A request that is not carried out.
struct ProtocolError: Error, Equatable {
  var id: RequestID?
  var code: Code
  var message: String

  enum Code: Int64 {
    case parse = -32700
    case invalidRequest = -32600
    case unknownMethod = -32601
    case invalidParameters = -32602
  }

  init(_ code: Code, _ message: String, _ id: RequestID? = nil) {
    self.id = id
    self.code = code
    self.message = message
  }
}
