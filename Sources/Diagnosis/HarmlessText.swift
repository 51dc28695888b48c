extension String {
  /// Without what would act on a terminal, or show text in another order than it is written: each such
  /// character becomes U+FFFD. Line ends and tabs stay.
  package var harmless: String {
    if utf8.allSatisfy({ $0 < 127 && ($0 >= 32 || $0 == 10 || $0 == 9) }) { return self }
    return String(UnicodeScalarView(unicodeScalars.map { $0.isHarmless ? $0 : "\u{fffd}" }))
  }

  /// The same as one line: line ends and tabs become blanks.
  package var harmlessLine: String {
    String(String.UnicodeScalarView(harmless.unicodeScalars.map { $0 == "\n" || $0 == "\t" ? " " : $0 }))
  }
}

extension Unicode.Scalar {
  fileprivate var isHarmless: Bool {
    switch value {
    case 9, 10: true
    case 0..<32, 127...159: false
    // Line and paragraph separators, and the direction of writing.
    case 0x2028...0x202E, 0x2066...0x2069, 0x200E, 0x200F, 0x061C: false
    default: true
    }
  }
}
