import Diagnosis
import FileTree
import Json
import Pipeline
import Store

extension Rendering {
  /// `now` is in seconds since 1970.
  static func cache(_ items: [CacheItem], workspaces: [String], directory: String, now: Int64) -> String {
    let rows = CacheItem.Kind.allCases.compactMap { kind -> [String]? in
      let some = items.filter { $0.kind == kind }
      guard let last = some.map(\.lastUse.seconds).max() else { return nil }
      return [
        kind.plural, "\(some.count)", bytes(some.reduce(0) { $0 + $1.bytes }),
        "last used \(age(now - last)) ago",
      ]
    }
    var text = "\(directory): \(bytes(items.reduce(0) { $0 + $1.bytes }))\n" + table(rows)
    for workspace in workspaces { text += "  workspace \(workspace)\n" }
    return text
  }

  static func json(of items: [CacheItem], workspaces: [String], directory: String) -> JSONText {
    .object([
      ("directory", .string(directory)),
      (
        "items",
        .array(
          items.map { item in
            .object([
              ("kind", .string(item.kind.rawValue)), ("name", .string(item.name)),
              ("bytes", .number(item.bytes)), ("last_use", .number(item.lastUse.seconds)),
            ])
          })
      ),
      ("workspaces", .array(workspaces.map(JSONText.string))),
    ])
  }

  static func cleaning(_ cleaning: Cache.Cleaning) -> String {
    var text = ""
    for kind in CacheItem.Kind.allCases {
      let some = cleaning.removed.filter { $0.kind == kind }
      if some.isEmpty { continue }
      let size = bytes(some.reduce(0) { $0 + $1.bytes })
      text += "removed \(some.count) \(some.count == 1 ? kind.title : kind.plural), \(size)\n"
    }
    if cleaning.workspaces > 0 {
      text += "removed \(cleaning.workspaces) workspace\(cleaning.workspaces == 1 ? "" : "s")\n"
    }
    if cleaning.inUse > 0 { text += "left \(cleaning.inUse) that a build at work may count on\n" }
    return text + "\(bytes(cleaning.left)) left\n"
  }

  private static func age(_ seconds: Int64) -> String {
    if seconds < 120 { return "\(max(0, seconds)) s" }
    if seconds < 7200 { return "\(seconds / 60) min" }
    return seconds < 172_800 ? "\(seconds / 3600) h" : "\(seconds / 86_400) days"
  }
}

extension CacheItem.Kind {
  var title: String {
    switch self {
    case .download: "download"
    case .layer: "stage result"
    case .compiled: "compiled program"
    case .partial: "unfinished file"
    }
  }

  var plural: String { title + "s" }
}
