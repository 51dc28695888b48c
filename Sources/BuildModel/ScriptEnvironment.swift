/// The environment of everything that runs inside an image: closed, and the same on every host.
package struct ScriptEnvironment: Sendable, Equatable {
  /// Seconds since 1970 that tools take times from (reproducible-builds.org's SOURCE_DATE_EPOCH).
  package var sourceDate: Int64
  /// Another time than the host's, to show that an image does not depend on it.
  package var clock: ShiftedClock?

  package init(sourceDate: Int64, clock: ShiftedClock? = nil) {
    self.sourceDate = sourceDate
    self.clock = clock
  }

  package static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  package var variables: [(name: String, value: String)] {
    [
      ("PATH", ScriptEnvironment.path), ("HOME", "/root"), ("USER", "root"), ("LOGNAME", "root"),
      ("SHELL", "/bin/sh"), ("TERM", "dumb"), ("LC_ALL", "C.UTF-8"), ("LANGUAGE", "C.UTF-8"),
      ("LANG", "C.UTF-8"),
      ("TZ", "UTC"), ("DEBIAN_FRONTEND", "noninteractive"), ("DEBCONF_NONINTERACTIVE_SEEN", "true"),
      // TeX heeds the first for what it typesets only if the second is set.
      ("SOURCE_DATE_EPOCH", String(sourceDate)), ("FORCE_SOURCE_DATE", "1"),
    ] + (clock?.variables ?? [])
  }

  /// For one maintainer script that is run as dpkg runs it: dpkg's src/main/script.c.
  package func variables(for script: String, of package: StagedPackage) -> [(name: String, value: String)] {
    variables + [
      ("DPKG_MAINTSCRIPT_PACKAGE", package.name), ("DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT", "1"),
      ("DPKG_MAINTSCRIPT_ARCH", package.architecture), ("DPKG_MAINTSCRIPT_NAME", script),
      ("DPKG_MAINTSCRIPT_DEBUG", "0"), ("DPKG_ROOT", ""), ("DPKG_ADMINDIR", "/var/lib/dpkg"),
    ]
  }
}
