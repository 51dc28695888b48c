import Sandbox

/// Runs a command of root's where the kernel runs programs of the other architecture by QEMU: in a user
/// namespace in which each id is itself, with a binfmt_misc of its own. Nothing of ours but the entry's
/// text is in it.
enum Emulation {
  private static let machine: Machine = Machine.host == .aarch64 ? .x86_64 : .aarch64

  /// Words before the command's own.
  static let prefix = [
    "sh", "-c",
    """
    set -e
    talk=$(mktemp -d)
    mkfifo "$talk/made" "$talk/mapped"
    export talk
    unshare --user --mount sh -c '
      echo >"$talk/made"
      read -r _ <"$talk/mapped"
      mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
      printf %s "$0" >/proc/sys/fs/binfmt_misc/register
      unset talk
      exec "$@"' "$@" &
    read -r _ <"$talk/made"
    echo "0 0 65536" >"/proc/$!/gid_map"
    echo "0 0 65536" >"/proc/$!/uid_map"
    echo >"$talk/mapped"
    rm -r "$talk"
    wait "$!"
    """,
    "sh",
    EmulatorRegistration.entry(of: machine, interpreter: "/usr/bin/qemu-\(machine.rawValue)-static"),
  ]
}
