import CSandbox
import Diagnosis
import Glibc

/// A namespace or a step that could not be set up: what was attempted, and errno.
package struct SandboxError: Diagnosable, Equatable {
  package var attempt: String
  package var code: Int32

  init(_ failure: csandbox_failure) {
    self.attempt = withUnsafeBytes(of: failure.what) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    self.code = failure.code
  }

  package init(_ attempt: String, code: Int32) {
    self.attempt = attempt
    self.code = code
  }

  package var summary: String { "cannot \(attempt): \(String(cString: strerror(code)))" }

  /// Several errnos of namespaces say something else than their text (user_namespaces(7)).
  package var hints: [String] {
    switch code {
    case EPERM where attempt.contains("binfmt_misc"), EACCES where attempt.contains("binfmt_misc"):
      [
        "Linux 6.7 is the first that has it, and a container must allow fsopen; an older one needs an "
          + "entry of the host's: sudo apt-get install binfmt-support qemu-user-static"
      ]
    case ENODEV where attempt.contains("binfmt_misc"):
      ["this kernel has none (CONFIG_BINFMT_MISC), or has it as a module: sudo modprobe binfmt_misc"]
    case ENOSPC where attempt.contains("namespace"):
      ["the limit user.max_user_namespaces is reached or 0: sudo sysctl -w user.max_user_namespaces=28633"]
    // A program that the tree's own modes forbid to run says nothing about the host.
    case EPERM where !attempt.hasPrefix("execute "), EACCES where !attempt.hasPrefix("execute "):
      [
        "unprivileged user namespaces are restricted here; on Ubuntu: "
          + "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, on older Debian: "
          + "sudo sysctl -w kernel.unprivileged_userns_clone=1; in a container its seccomp profile must "
          + "allow unshare and mount"
      ]
    case EINVAL where attempt.contains("recorder"):
      ["Linux 5.19 is the first that can record owners; an older one needs sub-ids for it"]
    case EBUSY where attempt.contains("recorder"):
      ["somebody else answers the system calls of this container already; sub-ids do without"]
    case EINVAL where attempt.contains("user namespace"):
      ["this kernel has no user namespaces (CONFIG_USER_NS)"]
    default: []
    }
  }
}
