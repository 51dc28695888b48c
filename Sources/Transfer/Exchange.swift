import CCurl
import FileTree
import Glibc

/// One request and its answer: a job's attempt at one location, on one of libcurl's easy handles.
final class Exchange {
  let job: Job
  let location: Location
  /// Where the server was asked to begin.
  let offset: Int64
  private let handle: UnsafeMutableRawPointer
  private var headers: UnsafeMutablePointer<curl_slist>?
  /// What a callback stopped the transfer for.
  private var failure: TransferFailure.Cause?
  private var reception = Reception.undecided
  private var contentRange: String?

  private enum Reception {
    case undecided
    /// These are the bytes that were asked for.
    case content
    /// An error page or a redirect's body; so much of it was thrown away.
    case other(received: Int)
  }

  init(_ job: Job, _ location: Location, from offset: Int64, on handle: UnsafeMutableRawPointer) {
    self.job = job
    self.location = location
    self.offset = offset
    self.handle = handle
  }

  deinit { curl_slist_free_all(headers) }

  func prepare(_ settings: TransferSettings) {
    curl_easy_reset(handle)
    ccurl_set_string(handle, CURLOPT_URL, location.url)
    ccurl_set_string(handle, CURLOPT_PROTOCOLS_STR, location.scheme.rawValue)
    ccurl_set_string(handle, CURLOPT_USERAGENT, "capsem-native")
    ccurl_set_long(handle, CURLOPT_NOSIGNAL, 1)
    ccurl_set_long(handle, CURLOPT_CONNECTTIMEOUT, settings.connectTimeout)
    // Otherwise whoever cancels waits for a name server that does not answer.
    ccurl_set_long(handle, CURLOPT_QUICK_EXIT, 1)
    // A plain time-out would count the size of the file; this one counts silence.
    ccurl_set_long(handle, CURLOPT_LOW_SPEED_LIMIT, 1)
    ccurl_set_long(handle, CURLOPT_LOW_SPEED_TIME, settings.idleTimeout)
    ccurl_set_long(handle, CURLOPT_BUFFERSIZE, 256 * 1024)
    ccurl_set_long(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    if let certificates = settings.certificates {
      ccurl_set_string(handle, CURLOPT_CAINFO, certificates)
    }
    switch location.credentials {
    case .basic(let user, let password):
      ccurl_set_string(handle, CURLOPT_USERNAME, user)
      ccurl_set_string(handle, CURLOPT_PASSWORD, password)
    case .bearer(let token):
      ccurl_set_string(handle, CURLOPT_XOAUTH2_BEARER, token)
      ccurl_set_long(handle, CURLOPT_HTTPAUTH, ccurl_auth_bearer)
    case nil: break
    }
    if offset > 0 { ccurl_set_string(handle, CURLOPT_RANGE, "\(offset)-") }
    if let accept = job.accept {
      headers = curl_slist_append(headers, "Accept: \(accept)")
      ccurl_set_list(handle, CURLOPT_HTTPHEADER, headers)
      ccurl_set_string(handle, CURLOPT_ACCEPT_ENCODING, "")
    }
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

  private var status: Int { ccurl_long(handle, CURLINFO_RESPONSE_CODE) }

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

extension Exchange {
  enum Outcome {
    case complete
    case redirect(Location)
    /// Ask again from the beginning, without counting it as a failure.
    case startOver
    case failed(TransferFailure.Cause, mayRecover: Bool, pause: Int64 = 0)
  }

  /// What came of it, once libcurl says that it is over.
  func outcome(_ code: CURLcode, _ settings: TransferSettings) -> Outcome {
    if let failure {
      if case .interrupted = failure { return .failed(failure, mayRecover: true) }
      return .failed(failure, mayRecover: false)
    }
    if case .other = reception { return answer(status) }
    guard code == CURLE_OK else { return broken(code, settings) }
    do {
      try job.destination.finish()
      return .complete
    } catch .altered where offset > 0 {
      // The bytes of an earlier run may be to blame.
      return .startOver
    } catch .truncated(let expected, let found) {
      // Without a length in the answer, a lost connection looks like an end.
      let isLost = ccurl_offset(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T) < 0
      if !isLost { try? job.destination.reset() }
      return .failed(.truncated(expected: expected, found: found), mayRecover: isLost)
    } catch {
      return .failed(error, mayRecover: false)
    }
  }

  private func answer(_ status: Int) -> Outcome {
    switch status {
    case 301, 302, 303, 307, 308:
      guard let target = ccurl_string(handle, CURLINFO_REDIRECT_URL) else {
        return .failed(.redirected("to nowhere"), mayRecover: false)
      }
      do {
        return .redirect(try location.redirected(to: String(cString: target)))
      } catch {
        return .failed(error.cause, mayRecover: false)
      }
    case 404, 410: return .failed(.notFound, mayRecover: false)
    case 416 where offset > 0: return .startOver
    case 408, 429, 500...:
      let pause = ccurl_offset(handle, CURLINFO_RETRY_AFTER)
      return .failed(
        .refused(status: status), mayRecover: true, pause: min(max(0, Int64(pause)), 86_400) * 1000)
    default: return .failed(.refused(status: status), mayRecover: false)
    }
  }

  private func broken(_ code: CURLcode, _ settings: TransferSettings) -> Outcome {
    let words = String(cString: curl_easy_strerror(code))
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST:
      return .failed(.unreachable("the host name \(location.host) is not known"), mayRecover: true)
    case CURLE_COULDNT_RESOLVE_PROXY:
      return .failed(.unreachable("the proxy's host name is not known"), mayRecover: true)
    case CURLE_COULDNT_CONNECT:
      let error = CInt(ccurl_long(handle, CURLINFO_OS_ERRNO))
      let why = error == 0 ? words : String(cString: strerror(error))
      return .failed(.unreachable("\(location.host) port \(location.port): \(why)"), mayRecover: true)
    case CURLE_OPERATION_TIMEDOUT where ccurl_offset(handle, CURLINFO_CONNECT_TIME_T) <= 0:
      return .failed(
        .unreachable("\(location.host) does not answer (\(settings.connectTimeout) s)"), mayRecover: true)
    case CURLE_OPERATION_TIMEDOUT:
      return .failed(.interrupted("nothing came for \(settings.idleTimeout) s"), mayRecover: true)
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
      return .failed(.untrusted(words), mayRecover: false)
    case CURLE_FILE_COULDNT_READ_FILE: return .failed(.notFound, mayRecover: false)
    case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_HTTP2,
      CURLE_HTTP2_STREAM, CURLE_SSL_CONNECT_ERROR:
      return .failed(.interrupted(words), mayRecover: true)
    default: return .failed(.interrupted(words), mayRecover: false)
    }
  }
}
