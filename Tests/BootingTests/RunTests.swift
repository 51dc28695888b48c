import Booting
import Foundation
import Glibc
import HostTools
import TestSupport
import Testing

/// `run` with a fixture guest, Debian's kernel and QEMU, as an ordinary user: one machine at a time.
@Suite(
  .serialized, .enabled("needs bookworm's archives", { Requirement.bookworm }),
  .enabled("needs QEMU", { Requirement.emulator }))
enum MachineTests {}

extension MachineTests {
  @Suite struct RunTests {
    private let machine: FixtureMachine

    init() throws { machine = try FixtureMachine.shared.get() }

    @Test func `streams and status are the command's, and the machine is the config's`() throws {
      let script = """
        cat
        printf 'error\\0\\n' >&2
        nproc; free -m | awk '/Mem/ { print ($2 > 900 && $2 <= 1024) }'
        echo "$TERM $HOME $CAPSEM_WEB_ALLOW_READ $(pwd)"; cat .config/bashrc; stat -c %a .config/bashrc
        df -m /root | awk 'NR == 2 { print ($2 > 2800 && $2 <= 3072) }'
        touch /written && touch /dev/vda 2>/dev/null; echo x >/dev/vda || echo read-only
        date +%Y; [ -t 0 ] || echo no terminal; echo to the path >/dev/stderr
        exit 7
        """
      let before = Calendar(identifier: .gregorian).component(.year, from: Date())
      let result = try machine.run(["sh", "-c", script], options: ["--report"], input: "in\0put\n")
      #expect(result.status == 7)
      let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(
        lines == [
          "in\0put", "2", "1", "vt220 /root 0 /root", "# mine", "600", "1", "read-only", "\(before)",
          "no terminal",
          "",
        ])
      #expect(result.errors.hasPrefix("error\0\n"))
      #expect(result.errors.contains("to the path\n"))
      // Each stage of capsem-init, with its time.
      for stage in [
        "kernel", "ext4", "overlayfs", "workspace", "network", "ready", "first output", "command",
      ] {
        #expect(result.errors.contains { $0.isNewline } && result.errors.contains("\n\(stage) "), "\(stage)")
      }
      #expect(try machine.site.leftovers() == [])
    }

    @Test func `a signal reaches the command, once`() throws {
      let run = try machine.start(
        ["sh", "-c", "trap 'echo caught >&2; exit 3' TERM; echo waiting >&2; while :; do sleep 0.1; done"])
      #expect(run.waits { $0.contains("waiting\n") })
      run.send(SIGTERM)
      let result = try run.finish()
      #expect(result.status == 3)
      // The signal was for the whole group: the shell tells of its child's end.
      #expect(result.errors.hasPrefix("waiting\n") && result.errors.hasSuffix("caught\n"), "\(result.errors)")
    }

    @Test func `what this program leaves when it is killed is nothing`() throws {
      let run = try machine.start(["true"])
      func emulators() throws -> String {
        try runTool("sh", ["-c", "pgrep -u \(machine.site.user.name) -f '^[^ ]*qemu-system' || :"])
      }
      while try emulators().isEmpty { usleep(20_000) }
      run.send(SIGKILL)
      #expect(try run.finish().status == 128 + SIGKILL)
      for _ in 0..<100 {
        if try emulators().isEmpty { break }
        usleep(20_000)
      }
      #expect(try emulators().isEmpty)
    }

    @Test func `a program that is not there is told from a command that fails`() throws {
      let result = try machine.run(["no-such-program"])
      #expect(result.status == 127)
      #expect(result.errors == "error: cannot run no-such-program: No such file or directory\n")
    }

    @Test func `a machine that is out of time is ended`() throws {
      let result = try machine.run(["sleep", "1000"], options: ["--timeout", "1"])
      #expect(result.status == 124)
      #expect(result.errors.hasPrefix("error: cannot boot: not done after 1 seconds\n"), "\(result.errors)")
    }

    @Test func `an interactive login shows banner, tool status and a tip`() throws {
      let terminal = try InteractiveRun(
        [machine.site.program, "run", "--accel", "tcg", "--timeout", "100"], in: machine.site, rows: 31,
        columns: 97)
      #expect(terminal.waits(for: "Tip: "), "\(terminal.shown)")
      #expect(terminal.shown.contains("Linux 6.1"))
      #expect(terminal.shown.contains("Claude Code"))
      #expect(terminal.shown.contains("sign in, or set ANTHROPIC_API_KEY"))
      terminal.type("stty size; tty\r")
      #expect(terminal.waits(for: "31 97") && terminal.waits(for: "/dev/pts/"))
      terminal.type("sleep 60\r")
      usleep(500_000)
      terminal.type("\u{3}")
      terminal.type("echo status=$?\r")
      #expect(terminal.waits(for: "status=130"), "\(terminal.shown)")
      terminal.type("exit 5\r")
      #expect(terminal.finish() == 5)
      #expect(terminal.isCanonical, "the terminal is not what it was")
    }

    @Test func `without a host there is a login shell on the console, and the machine ends with it`() throws {
      let plan = MachinePlan(architecture: .ofHost!, accelerator: .tcg, memory: 512, processors: 1)
      let terminal = try InteractiveRun(
        [plan.architecture.emulator.name, "-machine", "q35", "-accel", "tcg", "-cpu", "max", "-m", "512"]
          + ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio"]
          + ["-kernel", "\(machine.directory)/vmlinuz", "-initrd", "\(machine.directory)/initrd.img"]
          + ["-append", "console=ttyS0 ro quiet panic=-1 capsem.exit=reboot"]
          + ["-drive", "if=none,id=root,format=raw,readonly=on,file=\(machine.site.image)"]
          + ["-device", "virtio-blk-pci,drive=root"], in: machine.site)
      #expect(terminal.waits(for: "Tip: "), "\(terminal.shown)")
      terminal.type("tty; exit 4\r")
      #expect(terminal.waits(for: "/dev/ttyS0"), "\(terminal.shown)")
      #expect(terminal.waits(for: "capsem: the shell ended with status 4"), "\(terminal.shown)")
      #expect(terminal.finish() == 0)
    }
  }
}
