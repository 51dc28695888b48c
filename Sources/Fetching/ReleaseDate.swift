/// The dates of Release files: RFC 2822 as Debian writes it, "Sat, 21 Nov 2026 00:53:02 UTC".
package enum ReleaseDate {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
  private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]

  /// Seconds since 1970, or nil for anything but a date that exists, in UTC, on its own weekday.
  static func seconds(_ text: String) -> Int64? {
    let words = text.split(separator: " ").map(String.init)
    guard words.count == 6, ["UTC", "GMT", "Z", "+0000"].contains(words[5]) else { return nil }
    let clock = words[4].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard let day = number(words[1], digits: 1...2), let month = months.firstIndex(of: words[2]),
      let year = number(words[3], digits: 4...4), year >= 1970,
      clock.count == 3, let hour = number(clock[0], digits: 1...2), hour < 24,
      let minute = number(clock[1], digits: 2...2), minute < 60,
      let second = number(clock[2], digits: 2...2), second < 60,
      day >= 1, day <= length(of: month, in: year)
    else { return nil }
    var days = days(before: year) + day - 1
    for earlier in 0..<month { days += length(of: earlier, in: year) }
    guard words[0] == weekdays[days % 7] + "," else { return nil }
    return Int64(days) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
  }

  /// "2026-11-21 00:53:02 UTC"
  package static func text(_ seconds: Int64) -> String {
    var days = Int(seconds.quotientAndRemainder(dividingBy: 86_400).quotient)
    let rest = Int(seconds % 86_400)
    guard seconds >= 0 else { return "\(seconds) s before 1970" }
    var year = 1970
    while days >= (isLeap(year) ? 366 : 365) {
      days -= isLeap(year) ? 366 : 365
      year += 1
    }
    var month = 0
    while days >= length(of: month, in: year) {
      days -= length(of: month, in: year)
      month += 1
    }
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let date = "\(year)-\(two(month + 1))-\(two(days + 1))"
    return "\(date) \(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60)) UTC"
  }

  private static func number(_ text: String, digits: ClosedRange<Int>) -> Int? {
    guard digits.contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else {
      return nil
    }
    return Int(text)
  }

  private static func isLeap(_ year: Int) -> Bool {
    year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
  }

  private static func length(of month: Int, in year: Int) -> Int {
    month == 1 && isLeap(year) ? 29 : [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month]
  }

  /// Days from 1970 to the first of January of `year`.
  private static func days(before year: Int) -> Int {
    let past = year - 1
    let leapDays = (past / 4 - 492) - (past / 100 - 19) + (past / 400 - 4)
    return (year - 1970) * 365 + leapDays
  }
}
