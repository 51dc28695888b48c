import ArgumentParser
import CLinux
import Diagnosis
import Foundation
import Glibc
import Pipeline

extension HostContext {
  /// Looks at the world outside: the only place that reads the clock and the environment.
  static func gathered() throws -> HostContext {
    let environment = ProcessInfo.processInfo.environment
    let executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return HostContext(
      environment: environment, now: Int64(time(nil)), executable: executable,
      cacheDirectory: try cacheDirectory(environment),
      processors: Int(clinux_processors()),
      userID: getuid())
  }

  /// `$CAPSEM_CACHE_DIR`, else `$XDG_CACHE_HOME/capsem-native`, else `~/.cache/capsem-native`.
  private static func cacheDirectory(_ environment: [String: String]) throws -> String {
    if let directory = environment["CAPSEM_CACHE_DIR"], !directory.isEmpty { return absolute(directory) }
    if let base = environment["XDG_CACHE_HOME"], base.hasPrefix("/") { return "\(base)/capsem-native" }
    if let home = environment["HOME"], home.hasPrefix("/") { return "\(home)/.cache/capsem-native" }
    throw Report("cannot find a cache directory: HOME is not set", hints: ["set CAPSEM_CACHE_DIR"])
  }
}

/// A path of the command line as an absolute one.
func absolute(_ path: String) -> String {
  var result = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  while result.count > 1 && result.hasSuffix("/") { result.removeLast() }
  return result
}
