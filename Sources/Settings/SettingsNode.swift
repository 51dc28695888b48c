import Json

/// A node of the settings tree, in the grammar of the host that reads it: an object with `type` is a leaf,
/// one with `action` a button, any other a group. The path of keys is the setting's id.
enum SettingsNode {
  case group(SettingsGroup)
  case leaf(SettingsLeaf)
  case action(SettingsAction)

  var json: JSONText {
    switch self {
    case .group(let group): group.json
    case .leaf(let leaf): leaf.json
    case .action(let action): action.json
    }
  }
}

struct SettingsGroup {
  var name: String?
  var description: String?
  /// The id of the toggle that switches all below it.
  var enabledBy: String?
  /// Whether it starts folded; nil leaves it to the host.
  var collapsed: Bool?
  var children: [(key: String, node: SettingsNode)] = []

  init(_ name: String? = nil, _ description: String? = nil, enabledBy: String? = nil, collapsed: Bool? = nil)
  {
    self.name = name
    self.description = description
    self.enabledBy = enabledBy
    self.collapsed = collapsed
  }

  /// All settings at and below this group, which has the id `id`, in their order.
  func leaves(below id: String) -> [(id: String, leaf: SettingsLeaf)] {
    children.flatMap { child -> [(id: String, leaf: SettingsLeaf)] in
      switch child.node {
      case .group(let group): group.leaves(below: "\(id).\(child.key)")
      case .leaf(let leaf): [("\(id).\(child.key)", leaf)]
      case .action: []
      }
    }
  }

  mutating func add(_ key: String, _ group: SettingsGroup) { children.append((key, .group(group))) }
  mutating func add(_ key: String, _ leaf: SettingsLeaf) { children.append((key, .leaf(leaf))) }
  mutating func add(_ key: String, _ action: SettingsAction) { children.append((key, .action(action))) }

  var json: JSONText {
    var members: [(String, JSONText)] = []
    if let name { members.append(("name", .string(name))) }
    if let description { members.append(("description", .string(description))) }
    if let enabledBy { members.append(("enabled_by", .string(enabledBy))) }
    if let collapsed { members.append(("collapsed", .boolean(collapsed))) }
    return .object(members + children.map { ($0.key, $0.node.json) })
  }
}

/// A button of the host's user interface; it has no value.
struct SettingsAction {
  var name: String
  var description: String
  var action: String

  init(_ name: String, _ description: String, action: String) {
    self.name = name
    self.description = description
    self.action = action
  }

  var json: JSONText {
    .object([("name", .string(name)), ("description", .string(description)), ("action", .string(action))])
  }
}

/// One setting with its default.
struct SettingsLeaf {
  var name: String
  var description: String
  var value: Value
  var meta: [Meta]

  init(_ name: String, _ description: String, _ value: Value, _ meta: Meta...) {
    self.init(name, description, value, meta: meta)
  }

  init(_ name: String, _ description: String, _ value: Value, meta: [Meta]) {
    self.name = name
    self.description = description
    self.value = value
    self.meta = meta
  }

  /// The leaf's type and its default.
  enum Value {
    case bool(Bool)
    case text(String)
    case number(Int)
    case apikey(String)
    case file(path: String, content: String)
    case integers([Int])

    var type: String {
      switch self {
      case .bool: "bool"
      case .text: "text"
      case .number: "number"
      case .apikey: "apikey"
      case .file: "file"
      case .integers: "int_list"
      }
    }

    var json: JSONText {
      switch self {
      case .bool(let value): .boolean(value)
      case .text(let text), .apikey(let text): .string(text)
      case .number(let number): .number(Int64(number))
      case .file(let path, let content):
        .object([("path", .string(path)), ("content", .string(content))])
      case .integers(let numbers): .array(numbers.map { .number(Int64($0)) })
      }
    }
  }

  /// What the host may know of a leaf beyond its value.
  enum Meta {
    /// Which methods the toggle permits.
    case rules(get: Bool, post: Bool)
    case domains([String])
    /// Variables of the guest that carry the value.
    case environment([String])
    case documentation(String)
    /// How keys of this kind begin.
    case prefix(String)
    case fileType(String)
    case domainList
    case range(ClosedRange<Int>)
    case step(Int)
    case sideEffect(String)

    var members: [(String, JSONText)] {
      switch self {
      case .rules(let get, let post):
        var methods: [(String, JSONText)] = []
        if get { methods.append(("get", .boolean(true))) }
        if post { methods.append(("post", .boolean(true))) }
        return [("rules", .object(methods.isEmpty ? [] : [("default", .object(methods))]))]
      case .domains(let domains): return [("domains", .array(domains.map { .string($0) }))]
      case .environment(let names): return [("env_vars", .array(names.map { .string($0) }))]
      case .documentation(let address): return [("docs_url", .string(address))]
      case .prefix(let prefix): return [("prefix", .string(prefix))]
      case .fileType(let type): return [("filetype", .string(type))]
      case .domainList: return [("format", .string("domain_list"))]
      case .range(let range):
        return [("min", .number(Int64(range.lowerBound))), ("max", .number(Int64(range.upperBound)))]
      case .step(let step): return [("step", .number(Int64(step)))]
      case .sideEffect(let effect): return [("side_effect", .string(effect))]
      }
    }
  }

  var json: JSONText {
    var members: [(String, JSONText)] = [
      ("name", .string(name)), ("description", .string(description)), ("type", .string(value.type)),
      ("default", value.json),
    ]
    if !meta.isEmpty { members.append(("meta", .object(meta.flatMap(\.members)))) }
    return .object(members)
  }
}
