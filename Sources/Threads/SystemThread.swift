import Glibc

/// A thread of its own, for what blocks: transfers, waiting for locks. It is joined before its owner
/// ends; none is ever left running.
package final class SystemThread: @unchecked Sendable {
  private let thread: pthread_t

  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  package init(_ run: @escaping @Sendable () -> Void) {
    let body = Unmanaged.passRetained(Body(run))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { context in
        Unmanaged<Body>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, body.toOpaque())
    precondition(code == 0, "cannot create a thread: \(String(cString: strerror(code)))")
    self.thread = thread
  }

  /// Waits until it has ended; called once. A thread that ends up joining itself is let go instead.
  package func join() {
    if pthread_equal(thread, pthread_self()) != 0 {
      pthread_detach(thread)
    } else {
      pthread_join(thread, nil)
    }
  }
}
