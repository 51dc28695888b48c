import Glibc

/// What a test needs of the host. With CAPSEM_TEST_STRICT=1, which CI sets, everything counts as there,
/// and a test that misses it fails instead of being skipped.
package enum Requirement {
  package static let isStrict = getenv("CAPSEM_TEST_STRICT").map { String(cString: $0) == "1" } ?? false

  /// Mounts, network namespaces and other users can be had.
  package static var root: Bool { getuid() == 0 || isStrict }

  /// Python's jsonschema, from Debian's package.
  package static let jsonSchema: Bool =
    isStrict || (try? runTool("/usr/bin/python3", ["-c", "import jsonschema"])) != nil

  /// A terminal that can be looked at.
  package static let terminal: Bool = isStrict || (try? runTool("tmux", ["-V"])) != nil

  /// A machine of the host's architecture can be emulated.
  package static let emulator: Bool =
    isStrict || (try? runTool("sh", ["-c", "command -v qemu-system-$(uname -m)"])) != nil

  /// The host's apt has bookworm, and reaches it.
  package static let bookworm: Bool =
    isStrict
    || (try? runTool(
      "sh",
      [
        "-c",
        """
        set -e
        line=$(apt-get --print-uris update | grep -m 1 "dists/bookworm/InRelease'")
        uri=${line%%\\' *}
        scratch=$(mktemp -d)
        trap 'rm -rf "$scratch"' EXIT
        timeout 20 /usr/lib/apt/apt-helper download-file "${uri#?}" "$scratch/InRelease"
        """,
      ])) != nil
}
