/// What takes the bytes of a transfer, over several attempts. Used by one thread at a time.
protocol Destination: AnyObject {
  /// Before an attempt. From here the server is asked to send; nil when nothing is missing.
  func resume() throws(TransferFailure.Cause) -> Int64?
  /// Forgets all bytes: the next come from the beginning.
  func reset() throws(TransferFailure.Cause)
  func append(_ bytes: UnsafeRawBufferPointer) throws(TransferFailure.Cause)
  /// After the last byte. What it throws says that these are not the bytes that were asked for.
  func finish() throws(TransferFailure.Cause)
  /// No further attempt follows.
  func abandon()

  /// Bytes that are there.
  var position: Int64 { get }
  /// The whole size, as far as it is known beforehand.
  var expectedSize: Int64? { get }
}

/// A small document, in memory.
final class DocumentBuffer: Destination {
  private(set) var bytes: [UInt8] = []
  private let limit: Int64

  init(limit: Int64) { self.limit = limit }

  var position: Int64 { Int64(bytes.count) }
  var expectedSize: Int64? { nil }

  func resume() -> Int64? {
    bytes = []
    return 0
  }

  func reset() { bytes = [] }

  func append(_ more: UnsafeRawBufferPointer) throws(TransferFailure.Cause) {
    guard position + Int64(more.count) <= limit else { throw .tooLarge(limit: limit) }
    bytes.append(contentsOf: more)
  }

  func finish() {}
  func abandon() {}
}
