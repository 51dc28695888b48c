/// A moment in UTC as `2026-08-10T12:00:00Z`, to the second.
package struct CalendarTime: Sendable, Equatable {
  package var secondsSince1970: Int64

  package init(secondsSince1970: Int64) { self.secondsSince1970 = secondsSince1970 }

  /// The years 1970 to 9999, which four digits can write.
  package static let range: ClosedRange<Int64> = 0...253_402_300_799

  /// Nil for everything that `description` does not write.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 20, bytes[19] == UInt8(ascii: "Z") else { return nil }
    func number(_ range: Range<Int>) -> Int64? { Int64(String(decoding: bytes[range], as: UTF8.self)) }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19)
    else { return nil }
    let days = Self.days(year, month, day)
    self.init(secondsSince1970: ((days * 24 + hour) * 60 + minute) * 60 + second)
    // What is not a date, or written in another way, does not come back as it was.
    guard Self.range.contains(secondsSince1970), description == text else { return nil }
  }

  /// Days since 1970 of a date in the Gregorian calendar, counted in years that begin in March.
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = year / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

extension CalendarTime: CustomStringConvertible {
  /// "2026-08-10"
  package var date: String { String(description.prefix { $0 != "T" }) }

  /// "20260810T120000Z", as snapshot archives name a moment.
  package var compact: String { description.filter { $0 != "-" && $0 != ":" } }

  package var description: String {
    let time = min(max(secondsSince1970, Self.range.lowerBound), Self.range.upperBound)
    let (day, second) = (time / 86400 + 719_468, time % 86400)
    let era = day / 146_097
    let dayOfEra = day - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let march = (5 * dayOfYear + 2) / 153
    let month = march < 10 ? march + 3 : march - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    func padded(_ number: Int64, _ width: Int) -> String {
      let digits = "\(number)"
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let date = [padded(year, 4), padded(month, 2), padded(dayOfYear - (153 * march + 2) / 5 + 1, 2)]
    let clock = [second / 3600, second / 60 % 60, second % 60].map { padded($0, 2) }
    return date.joined(separator: "-") + "T" + clock.joined(separator: ":") + "Z"
  }
}
