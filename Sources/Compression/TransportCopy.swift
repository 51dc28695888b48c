import CLinux
import CZstd
import Diagnosis
import FileTree
import Glibc
import Synchronization

/// A zstd copy of an image for carrying it elsewhere. `zstd -d` gives back the image.
///
/// The image is cut every 8 MiB, and each piece is a frame of its own with its length and checksum, so
/// that any number of threads makes the same bytes. A piece is a function of the image's content alone:
/// where the host's file system has a hole, its zeros are compressed without being read.
package enum TransportCopy {
  package static let frameSize = 8 << 20

  /// Compresses the file behind `source`, from its start, and writes to `target`, which may be a pipe.
  /// `level` is zstd's: 1 to 22. `progress` is called with the bytes of the image done so far, from any
  /// thread, one call at a time; what it throws ends the work.
  package static func write(
    from source: CInt, to target: CInt, level: Int, threads: Int,
    progress: @escaping @Sendable (Int64) throws -> Void = { _ in }
  ) throws {
    guard (1...Int(ZSTD_maxCLevel())).contains(level) else {
      throw Report("cannot compress the image: level \(level) is not within 1 to \(ZSTD_maxCLevel())")
    }
    var status = stat()
    try system("read", "the image") { fstat(source, &status) }
    let size = Int64(status.st_size)
    let frames = Int((size + Int64(frameSize) - 1) / Int64(frameSize))
    let queue = FrameQueue(target: target)
    try Parallel.forEach(max(1, threads), threads: threads) { _ in
      try compress(frames, of: source, size, level, queue, progress)
    }
  }

  /// What one thread does: frame after frame, until none is left.
  private static func compress(
    _ frames: Int, of source: CInt, _ size: Int64, _ level: Int, _ queue: FrameQueue,
    _ progress: @Sendable (Int64) throws -> Void
  ) throws {
    do {
      let compressor = try FrameCompressor(level: level)
      while let index = queue.claim(below: frames) {
        let start = Int64(index) * Int64(frameSize)
        let count = Int(min(Int64(frameSize), size - start))
        let frame = try compressor.frame(of: source, at: start, count: count)
        guard try queue.append(frame, index: index, announce: { try progress(start + Int64(count)) }) else {
          return
        }
      }
    } catch {
      queue.cancel()
      throw error
    }
  }
}

/// Compresses one frame at a time; one thread's.
private final class FrameCompressor {
  private let context: OpaquePointer
  private let input: UnsafeMutableRawBufferPointer
  private let output: UnsafeMutableRawBufferPointer
  /// The frame of a whole piece of zeros, once there was one.
  private var zeros: [UInt8]?

  init(level: Int) throws {
    guard let context = ZSTD_createCCtx() else { throw SystemFailure("compress", "the image", code: ENOMEM) }
    self.context = context
    input = .allocate(byteCount: TransportCopy.frameSize, alignment: 4096)
    output = .allocate(byteCount: ZSTD_compressBound(TransportCopy.frameSize), alignment: 4096)
    try FrameCompressor.check(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, CInt(level)))
    try FrameCompressor.check(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1))
  }

  deinit {
    ZSTD_freeCCtx(context)
    input.deallocate()
    output.deallocate()
  }

  func frame(of source: CInt, at start: Int64, count: Int) throws -> [UInt8] {
    let isHole = isHole(source, start, count)
    if isHole && count == input.count, let zeros { return zeros }
    if isHole {
      memset(input.baseAddress!, 0, count)
    } else {
      try read(source, start, count)
    }
    let size = ZSTD_compress2(context, output.baseAddress, output.count, input.baseAddress, count)
    try FrameCompressor.check(size)
    let frame = Array(output[..<size])
    if isHole && count == input.count { zeros = frame }
    return frame
  }

  /// Whether the host's file system knows of no data there.
  private func isHole(_ source: CInt, _ start: Int64, _ count: Int) -> Bool {
    let data = lseek(source, off_t(start), CLINUX_SEEK_DATA)
    return data < 0 ? errno == ENXIO : Int64(data) >= start + Int64(count)
  }

  private func read(_ source: CInt, _ start: Int64, _ count: Int) throws {
    var done = 0
    while done < count {
      let got = try system("read", "the image") {
        pread(source, input.baseAddress! + done, count - done, off_t(start) + off_t(done))
      }
      if got == 0 { throw Report("cannot read the image: it became shorter while it was compressed") }
      done += got
    }
  }

  private static func check(_ code: Int) throws {
    if ZSTD_isError(code) != 0 {
      throw Report("cannot compress the image: \(String(cString: ZSTD_getErrorName(code)))")
    }
  }
}

/// Hands out frames and writes them in order. A thread that is ahead waits for its turn, so no more
/// frames are in memory than there are threads.
private final class FrameQueue: @unchecked Sendable {
  private let target: CInt
  private let next = Atomic<Int>(0)
  // The lock guards `written` and `isCancelled`.
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let turn = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var written = 0
  private var isCancelled = false

  init(target: CInt) {
    self.target = target
    pthread_mutex_init(lock, nil)
    pthread_cond_init(turn, nil)
  }

  deinit {
    pthread_cond_destroy(turn)
    pthread_mutex_destroy(lock)
    turn.deallocate()
    lock.deallocate()
  }

  func claim(below count: Int) -> Int? {
    let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
    return index < count ? index : nil
  }

  /// Writes `frame` after those with lower indexes; false if another thread failed.
  func append(_ frame: [UInt8], index: Int, announce: () throws -> Void) throws -> Bool {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while written != index && !isCancelled { pthread_cond_wait(turn, lock) }
    if isCancelled { return false }
    try frame.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        done += try system("write", "the compressed image") {
          Glibc.write(target, bytes.baseAddress! + done, bytes.count - done)
        }
      }
    }
    try announce()
    written += 1
    pthread_cond_broadcast(turn)
    return true
  }

  func cancel() {
    pthread_mutex_lock(lock)
    isCancelled = true
    pthread_cond_broadcast(turn)
    pthread_mutex_unlock(lock)
  }
}
