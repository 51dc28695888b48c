import TestSupport

/// A clock two years ahead for every program that uses glibc, outside the tree and in it. A time namespace
/// would not do: it leaves the wall clock alone. libfaketime would be the ready-made way, but each of its
/// processes needs a semaphore that a change of user locks it out of.
enum ClockFixture {
  static let seconds = 2 * 365 * 86400

  /// Part of the workspace's path, which a script finds among its mounts.
  static let mark = "clock-ahead"

  /// The library's path, and the directory that holds it as long as the tests run.
  static let library = Result { try build() }

  private static let scratch = Result { try ScratchDirectory() }

  private static func build() throws -> String {
    let scratch = try scratch.get()
    try scratch.write(Array(source.utf8), to: "clock.c")
    let path = scratch.file("clock.so")
    try runTool("cc", ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", path, scratch.file("clock.c")])
    try runTool("chmod", ["-R", "a+rX", scratch.path])
    return path
  }

  /// A package that has the library preloaded when the workspace's path has the mark, and not
  /// otherwise. What it ships is the same in both cases: a link to what its preinst, the first script but one
  /// of a build, writes to /tmp, which no image keeps.
  static func package() throws -> FixturePackage {
    let library = try library.get()
    return FixturePackage(
      "clock", "1", architecture: BuildSite.debian, essential: true, priority: "required"
    ) {
      copy("/usr/lib/clock/clock.so", from: library)
      symbolicLink("/etc/ld.so.preload", to: "../tmp/clock/preload")
      preinst(
        """
        if grep -q /\(mark)/ /proc/self/mountinfo; then
          mkdir /tmp/clock
          echo /usr/lib/clock/clock.so >/tmp/clock/preload
        fi
        """)
    }
  }

  /// A moment to wait for comes from the moved clock, so it is moved back for the kernel.
  private static let source = """
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <pthread.h>
    #include <semaphore.h>
    #include <sys/syscall.h>
    #include <sys/time.h>
    #include <time.h>
    #include <unistd.h>

    static const time_t ahead = \(seconds);

    int clock_gettime(clockid_t clock, struct timespec *now) {
      int result = (int)syscall(SYS_clock_gettime, clock, now);
      if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += ahead;
      return result;
    }
    int gettimeofday(struct timeval *restrict now, void *restrict zone) {
      int result = (int)syscall(SYS_gettimeofday, now, zone);
      if (result == 0) now->tv_sec += ahead;
      return result;
    }
    time_t time(time_t *place) {
      struct timespec now;
      clock_gettime(CLOCK_REALTIME, &now);
      if (place) *place = now.tv_sec;
      return now.tv_sec;
    }
    int timespec_get(struct timespec *now, int base) {
      return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, now) == 0 ? base : 0;
    }

    static struct timespec real(const struct timespec *wanted) {
      struct timespec result = *wanted, now;
      clock_gettime(CLOCK_REALTIME, &now);
      if (result.tv_sec > now.tv_sec - ahead / 2) result.tv_sec -= ahead;
      return result;
    }
    int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                               const struct timespec *restrict wanted) {
      int (*next)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *) =
          dlsym(RTLD_NEXT, "pthread_cond_timedwait");
      struct timespec moment = real(wanted);
      return next(condition, mutex, &moment);
    }
    int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict wanted) {
      int (*next)(sem_t *, const struct timespec *) = dlsym(RTLD_NEXT, "sem_timedwait");
      struct timespec moment = real(wanted);
      return next(semaphore, &moment);
    }

    """
}
