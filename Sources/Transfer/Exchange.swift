import CCurl
import FileTree
import Glibc
import Threads

/// One request and its answer: a job's attempt at one location, on one of libcurl's easy handles.
final class Exchange {
  let job: Job
  let location: Location
  /// Where the server was asked to begin.
  let offset: Int64
  let handle: UnsafeMutableRawPointer
  private var headers: UnsafeMutablePointer<curl_slist>?
  /// libcurl's words of an error, as C text.
  let words = UnsafeMutableBufferPointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  /// Another server sent us here.
  private let isElsewhere: Bool
  /// What a callback stopped the transfer for.
  var failure: TransferFailure.Cause?
  var reception = Reception.undecided
  /// When the last bytes of the body came, in the stopwatch's milliseconds.
  var lastArrival: Int64?
  private var contentRange: String?

  enum Reception {
    case undecided
    /// These are the bytes that were asked for.
    case content
    /// An error page or a redirect's body; so much of it was thrown away.
    case other(received: Int)
  }

  init(
    _ job: Job, _ location: Location, isElsewhere: Bool, from offset: Int64,
    on handle: UnsafeMutableRawPointer
  ) {
    self.isElsewhere = isElsewhere
    self.job = job
    self.location = location
    self.offset = offset
    self.handle = handle
    words.initialize(repeating: 0)
  }

  deinit {
    curl_slist_free_all(headers)
    words.deallocate()
  }

  /// Before another exchange takes the handle, or nobody does.
  func letGo() { ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, nil) }

  func prepare(_ settings: TransferSettings) {
    curl_easy_reset(handle)
    ccurl_set_string(handle, CURLOPT_URL, location.url)
    ccurl_set_string(handle, CURLOPT_PROTOCOLS_STR, location.scheme.rawValue)
    ccurl_set_string(handle, CURLOPT_USERAGENT, "capsem-native")
    ccurl_set_long(handle, CURLOPT_NOSIGNAL, 1)
    ccurl_set_long(handle, CURLOPT_CONNECTTIMEOUT, settings.connectTimeout)
    // Otherwise whoever cancels waits for a name server that does not answer.
    ccurl_set_long(handle, CURLOPT_QUICK_EXIT, 1)
    // A plain time-out would count the size of the file; this one counts silence, and what is next to it.
    ccurl_set_long(handle, CURLOPT_LOW_SPEED_LIMIT, settings.slowestRate)
    ccurl_set_long(handle, CURLOPT_LOW_SPEED_TIME, settings.idleTimeout)
    ccurl_set_long(handle, CURLOPT_BUFFERSIZE, 256 * 1024)
    ccurl_set_long(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    if let certificates = settings.certificates {
      ccurl_set_string(handle, CURLOPT_CAINFO, certificates)
      ccurl_set_string(handle, CURLOPT_PROXY_CAINFO, certificates)
    }
    ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, words.baseAddress)
    identify(settings.credentials)
    if offset > 0 { ccurl_set_string(handle, CURLOPT_RANGE, "\(offset)-") }
    if let accept = job.accept {
      headers = curl_slist_append(headers, "Accept: \(accept)")
      ccurl_set_list(handle, CURLOPT_HTTPHEADER, headers)
      ccurl_set_string(handle, CURLOPT_ACCEPT_ENCODING, "")
    }
    receive()
  }

  /// Says who asks, to this server.
  private func identify(_ credentials: HostCredentials) {
    if let own = credentials.certificate(for: location) {
      ccurl_set_string(handle, CURLOPT_SSLCERT, own.certificate)
      ccurl_set_string(handle, CURLOPT_SSLKEY, own.key ?? own.certificate)
    }
    switch credentials.secret(for: location, isElsewhere: isElsewhere) {
    case .basic(let user, let password):
      ccurl_set_string(handle, CURLOPT_USERNAME, user)
      ccurl_set_string(handle, CURLOPT_PASSWORD, password)
    case .bearer(let token):
      ccurl_set_string(handle, CURLOPT_XOAUTH2_BEARER, token)
      ccurl_set_long(handle, CURLOPT_HTTPAUTH, ccurl_auth_bearer)
    case nil: break
    }
  }

  private func receive() {
    let context = Unmanaged.passUnretained(self).toOpaque()
    ccurl_set_pointer(handle, CURLOPT_HEADERDATA, context)
    ccurl_set_receiver(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
      return Unmanaged<Exchange>.fromOpaque(context!).takeUnretainedValue().receive(header: line)
        ? size * count : 0
    }
    ccurl_set_pointer(handle, CURLOPT_WRITEDATA, context)
    ccurl_set_receiver(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      let body = UnsafeRawBufferPointer(start: bytes, count: size * count)
      return Unmanaged<Exchange>.fromOpaque(context!).takeUnretainedValue().receive(body: body)
        ? size * count : 0
    }
  }

  var status: Int { ccurl_long(handle, CURLINFO_RESPONSE_CODE) }

  /// False stops the transfer, as in `receive(body:)`.
  private func receive(header line: UnsafeRawBufferPointer) -> Bool {
    guard location.scheme != .file, case .undecided = reception else { return true }
    let text = String(decoding: line, as: UTF8.self)
    if text.hasPrefix("HTTP/") {
      contentRange = nil
    } else if text.lowercased().hasPrefix("content-range:") {
      contentRange = text.dropFirst("content-range:".count).filter { !$0.isWhitespace }.lowercased()
    } else if line.allSatisfy({ $0 == 13 || $0 == 10 }) && status >= 200 {
      return stopping { () throws(TransferFailure.Cause) in try decide(status) }
    }
    return true
  }

  private func decide(_ status: Int) throws(TransferFailure.Cause) {
    switch status {
    case 200:
      // The server does not know ranges: everything comes anew.
      if offset > 0 { try job.destination.reset() }
      reception = .content
    case 206 where offset > 0:
      let total = job.destination.expectedSize.map { "/\($0)" } ?? ""
      guard let contentRange, contentRange.hasPrefix("bytes\(offset)-"),
        contentRange.hasSuffix("/*") || contentRange.hasSuffix(total)
      else {
        try job.destination.reset()
        throw .interrupted(
          "asked for bytes from \(offset), received \(contentRange ?? "a part that does not say which")")
      }
      reception = .content
    default: reception = .other(received: 0)
    }
    let length = ccurl_offset(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T)
    if case .content = reception, job.accept == nil, length > 0,
      let size = job.destination.expectedSize, length > size - job.destination.position
    {
      try job.destination.reset()
      throw .tooLarge(limit: size)
    }
  }

  private func receive(body: UnsafeRawBufferPointer) -> Bool {
    lastArrival = Stopwatch.milliseconds
    if case .other(let received) = reception {
      reception = .other(received: received + body.count)
      return received < 64 * 1024
    }
    return stopping { () throws(TransferFailure.Cause) in
      try job.destination.append(body)
      job.progress(job.destination.position)
    }
  }

  private func stopping(_ body: () throws(TransferFailure.Cause) -> Void) -> Bool {
    do {
      try body()
      return true
    } catch {
      failure = error
      return false
    }
  }
}
