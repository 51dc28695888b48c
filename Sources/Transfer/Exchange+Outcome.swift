import CCurl
import FileTree
import Glibc
import Threads

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
      return .failed(.interrupted(silence(settings)), mayRecover: true)
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
      return .failed(.untrusted(words), mayRecover: false)
    case CURLE_SSL_CERTPROBLEM:
      return .failed(
        .unidentified("the client certificate or its key cannot be used"), mayRecover: false)
    case _ where wantsCertificate:
      return .failed(.unidentified("the server wants a client certificate"), mayRecover: false)
    case _ where ccurl_long(handle, CURLINFO_HTTP_CONNECTCODE) == 407:
      return .failed(.refused(status: 407), mayRecover: false)
    case _ where isBrokenAfterHandshake(code) && settings.credentials.certificate(for: location) == nil:
      return .failed(
        .unidentified(
          "the server broke off right after the TLS handshake; it may want a client certificate"),
        mayRecover: true)
    case CURLE_FILE_COULDNT_READ_FILE: return .failed(.notFound, mayRecover: false)
    case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_HTTP2,
      CURLE_HTTP2_STREAM, CURLE_SSL_CONNECT_ERROR:
      return .failed(.interrupted(words), mayRecover: true)
    default: return .failed(.interrupted(words), mayRecover: false)
    }
  }

  /// What a connection was given up for that was open: a server that trickles is at work, and too slow.
  private func silence(_ settings: TransferSettings) -> String {
    let seconds = settings.idleTimeout
    guard let lastArrival, Stopwatch.milliseconds - lastArrival < Int64(seconds) * 1000 else {
      return "nothing came for \(seconds) s"
    }
    return "less than \(settings.slowestRate) bytes a second came for \(seconds) s"
  }

  /// What a server looks like that has no alert for it, or whose alert is lost with the connection.
  private func isBrokenAfterHandshake(_ code: CURLcode) -> Bool {
    (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR) && location.scheme == .https && status == 0
      && ccurl_offset(handle, CURLINFO_APPCONNECT_TIME_T) > 0
  }

  /// TLS has an alert for it since 1.3; before, it is one of several things that a failed handshake
  /// can mean.
  private var wantsCertificate: Bool {
    String(cString: words.baseAddress!).lowercased().contains("certificate required")
  }
}
