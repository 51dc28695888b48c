import Diagnosis
import HostChecks

extension Rendering {
  /// ```
  /// capsem-native doctor
  /// ====================
  ///
  /// == Build Tools ==
  ///   [PASS] gpgv: /usr/bin/gpgv
  ///   [FAIL] cannot run b3sum: it is not installed on this host
  ///          fix: sudo apt-get install b3sum
  ///
  /// 1 passed, 0 warned, 1 failed
  /// ```
  static func checkup(_ checkup: Checkup, style: Style) -> String {
    let title = "capsem-native doctor"
    var text = "\(title)\n\(String(repeating: "=", count: title.count))\n"
    for section in Check.Section.allCases {
      let checks = checkup.checks.filter { $0.section == section }
      if checks.isEmpty { continue }
      text += "\n== \(section.rawValue) ==\n"
      for check in checks {
        text +=
          "  \(style.paint(check.verdict.colour, "[\(check.verdict.rawValue)]")) \(check.detail.harmlessLine)\n"
        for cause in check.causes { text += "         \(cause.harmlessLine)\n" }
        for fix in check.fixes { text += "         fix: \(fix.harmlessLine)\n" }
      }
    }
    return text
      + "\n\(checkup.count(.pass)) passed, \(checkup.count(.warn)) warned, \(checkup.count(.fail)) failed\n"
  }
}

extension Check.Verdict {
  fileprivate var colour: Style.Colour {
    switch self {
    case .pass: .green
    case .warn: .yellow
    case .fail: .red
    }
  }
}
