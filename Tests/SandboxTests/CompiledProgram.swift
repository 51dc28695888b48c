import TestSupport

/// A program of the tests' own in C, without libraries that a tree would have to have.
final class CompiledProgram: Sendable {
  private let scratch: ScratchDirectory
  let path: String

  init(_ source: String) throws {
    scratch = try ScratchDirectory()
    path = scratch.file("program")
    try scratch.write(Array(source.utf8), to: "program.c")
    try runTool("cc", ["-static", "-O1", "-D_GNU_SOURCE", "-o", path, scratch.file("program.c")])
    try runTool("chmod", ["755", scratch.path, path])
  }

  /// `attribute PATH NAME` prints an extended attribute in hexadecimal digits, or why it cannot; with a value
  /// behind them it is set.
  static let attribute = Result {
    try CompiledProgram(
      """
      #include <errno.h>
      #include <stdio.h>
      #include <string.h>
      #include <sys/xattr.h>
      int main(int count, char **words) {
        unsigned char value[1024];
        ssize_t size = 0;
        if (count > 3) {
          for (; sscanf(words[3] + 2 * size, "%2hhx", value + size) == 1; size++) {}
          size = setxattr(words[1], words[2], value, size, 0);
        } else {
          ssize_t room = getxattr(words[1], words[2], NULL, 0);
          size = getxattr(words[1], words[2], value, room < 0 ? 0 : room);
        }
        if (size < 0) return puts(strerror(errno)) < 0;
        for (ssize_t i = 0; i < size; i++) printf("%02x", value[i]);
        return count > 3 ? 0 : puts("") < 0;
      }
      """)
  }

  /// Changes its ids and capabilities by chance, from a fixed seed, a hundred times from the beginning on, and
  /// prints after each call how it ended, who it is, whom a file of its belongs to, and whether it can give it away.
  static let changer = Result {
    try CompiledProgram(
      """
      #include <errno.h>
      #include <fcntl.h>
      #include <grp.h>
      #include <linux/capability.h>
      #include <stdio.h>
      #include <string.h>
      #include <sys/fsuid.h>
      #include <sys/prctl.h>
      #include <sys/stat.h>
      #include <sys/syscall.h>
      #include <sys/wait.h>
      #include <unistd.h>

      static unsigned state;
      static unsigned chance(unsigned n) {
        state = state * 1103515245 + 12345;
        return (state >> 16) % n;
      }
      static unsigned id(void) { return (unsigned[]){0, 0, 5, 7, -1}[chance(5)]; }

      static struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
      static long change_capabilities(void) {
        struct __user_cap_data_struct sets[2];
        syscall(SYS_capget, &head, sets);
        unsigned mask = chance(2) ? ~0u : ~(1u << chance(9));
        if (chance(2)) sets[0].permitted &= mask;
        sets[0].effective = chance(3) ? sets[0].permitted & mask : 0xff;
        if (!chance(3)) sets[0].inheritable = 1u << chance(9);
        return syscall(SYS_capset, &head, sets);
      }

      static long change(unsigned call) {
        gid_t groups[2] = {chance(9), 7};
        switch (call) {
          case 0: return setuid(id());
          case 1: return setgid(id());
          case 2: return setreuid(id(), id());
          case 3: return setregid(id(), id());
          case 4: return setresuid(id(), id(), id());
          case 5: return setresgid(id(), id(), id());
          case 6: return setfsuid(id());
          case 7: return setfsgid(id());
          case 8: return setgroups(chance(3), groups);
          case 9: return prctl(PR_SET_KEEPCAPS, chance(2), 0, 0, 0);
          default: return change_capabilities();
        }
      }

      static void show(void) {
        uid_t r, e, s;
        gid_t groups[8];
        struct __user_cap_data_struct sets[2];
        getresuid(&r, &e, &s);
        printf(" %d %d %d %d", r, e, s, setfsuid(-1));
        getresgid(&r, &e, &s);
        printf(" %d %d %d %d [", r, e, s, setfsgid(-1));
        for (int i = 0, n = getgroups(8, groups); i < n; i++) printf(" %d", groups[i]);
        syscall(SYS_capget, &head, sets);
        printf(" ] %x %x %x %d", sets[0].effective, sets[0].permitted, sets[0].inheritable, sets[1].permitted);
        struct stat found;
        unlink("/tmp/f");
        int file = open("/tmp/f", O_CREAT | O_EXCL | O_WRONLY, 0644);
        if (file < 0 || fstat(file, &found) != 0) return (void)printf(" %s", strerror(errno));
        printf(" %d:%d", found.st_uid, found.st_gid);
        int given = fchown(file, chance(2) ? -1 : id(), chance(9));
        fstat(file, &found);
        printf(" %d %d:%d", given, found.st_uid, found.st_gid);
        close(file);
      }

      int main(void) {
        for (unsigned seed = 0; seed < 100; seed++) {
          fflush(stdout);
          if (fork() == 0) {
            state = seed;
            for (int i = 0; i < 12; i++) {
              unsigned call = chance(11);
              errno = 0;
              long result = change(call);
              printf("%u.%d %u: %ld %d", seed, i, call, result, errno);
              show();
              puts("");
            }
            return 0;
          }
          wait(NULL);
          if (unlink("/tmp/f") != 0 && errno != ENOENT) perror("unlink");
        }
      }
      """)
  }
}
