import TestSupport
import Testing

extension MountedImage {
  /// Runs what capsem-init runs, with the shell that it has.
  func makeSecrets() throws {
    let script = """
      root=\(root)
      system_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
      take() { sed -n "/^$1() {/,/^}/p" "\(BuildSite.repository)/guest/artifacts/capsem-init"; }
      say() { echo "$*"; }
      eval "$(take with_environment; take guest; take unless_there; take make_secrets)"
      make_secrets
      """
    let said = try runTool("busybox", ["sh", "-euc", script])
    #expect(!said.contains("failed"), "\(said)")
  }
}
