import FileTree
import Threads

/// Which package holds which path while several are unpacked at once, so that the outcome does not
/// depend on which thread was faster.
final class Claims: Sendable {
  enum Verdict: Equatable {
    /// It is ours to write, in place of what another package has there, if it does. `release` ends it.
    case ours
    /// The one who has it replaces us: leave it.
    case leave
    case conflict(with: String)
  }

  private struct State {
    var owners: [TreePath: String]
    /// Paths whose owner writes them at this moment.
    var writing: Set<TreePath> = []
    /// What a directory gets in the end: the metadata of the first package that ships it, in unpack
    /// order, as with dpkg, which leaves a directory alone that is there.
    var directories: [TreePath: (order: Int, entry: FileEntry)] = [:]
    var created: Set<TreePath> = []
    /// Directories in which something was unpacked.
    var filled: Set<TreePath> = []
  }

  private let state: Monitor<State>
  private let orders: [String: Int]
  private let replacements: Replacements

  /// `orders` are the places of this phase's packages in unpack order.
  init(owners: [TreePath: String], orders: [String: Int], replacements: Replacements) {
    self.state = Monitor(State(owners: owners))
    self.orders = orders
    self.replacements = replacements
  }

  /// Waits while another package writes the path: who takes it over must come second.
  func claim(_ path: TreePath, for package: String) -> Verdict {
    let place = MergedUsr.place(path)
    return state.wait { state -> Verdict? in
      if let owner = state.owners[place], owner != package {
        let (ours, theirs) = (replacements.holds(package, owner), replacements.holds(owner, package))
        guard ours && (!theirs || later(package, owner)) else {
          return theirs ? .leave : .conflict(with: owner)
        }
        if state.writing.contains(place) { return nil }
      }
      state.owners[place] = package
      state.writing.insert(place)
      state.filled.insert(place.parent)
      return .ours
    }
  }

  /// Two packages that replace each other: the one that is unpacked later has the file.
  private func later(_ package: String, _ other: String) -> Bool {
    orders[package, default: -1] > orders[other, default: -1]
  }

  func release(_ path: TreePath) { state.access { _ = $0.writing.remove(MergedUsr.place(path)) } }

  func claimDirectory(_ entry: FileEntry, order: Int, isNew: Bool) {
    let place = MergedUsr.place(entry.path)
    state.access { state in
      if isNew {
        state.created.insert(place)
        state.filled.insert(place.parent)
      }
      if let there = state.directories[place], there.order <= order { return }
      state.directories[place] = (order, entry)
    }
  }

  var owners: [TreePath: String] { state.access { $0.owners } }

  /// Deepest first, so that setting one's time is not undone by what is done below it. Without those
  /// that were there before, unless `all` are asked for. dpkg sets a directory's time when it makes it, and
  /// what comes into it changes the time: to `date`, for us.
  func directories(all: Bool, date: Timestamp) -> [FileEntry] {
    state.access { state in
      state.directories.filter { all || state.created.contains($0.key) }.map { place, directory in
        var entry = directory.entry
        if state.filled.contains(place) { entry.modified = date }
        return entry
      }
    }.sorted { $0.path > $1.path }
  }
}
