import Linting
import TestSupport
import Testing

/// `docs/parity.md`: what became of everything that the builder before this one had.
@Suite struct ParityTests {
  private func rows() throws -> [(theirs: Substring, here: Substring)] {
    let page = try #require(try contents(ofFile: "\(BuildSite.repository)/docs/parity.md"))
    return String(decoding: page, as: UTF8.self).split(separator: "\n").compactMap { line in
      guard line.hasPrefix("| "), !line.hasPrefix("| theirs |") else { return nil }
      let cells = line.dropFirst(2).dropLast(2).split(separator: " | ", maxSplits: 1)
      return (cells[0], cells.count == 2 ? cells[1] : "")
    }
  }

  @Test func `no row is open`() throws {
    let rows = try rows()
    #expect(rows.count > 100)
    for row in rows {
      let isClosed =
        row.here == "same" || row.here.hasPrefix("same: ") || row.here.hasPrefix("same, ")
        || row.here.hasPrefix("better: ") || row.here.hasPrefix("not ours: ")
        || row.here.hasPrefix("not ours yet: ")
      #expect(isClosed, "\(row.theirs): \(row.here)")
    }
  }

  @Test func `every code that users know has its row`() throws {
    let codes = try rows().map(\.theirs)
    let known = DiagnosticCode.allCases.map(\.rawValue).filter { code in
      code < "E011" || code.hasPrefix("E3") || ("W001"..."W013").contains(code)
    }
    #expect(known.count == 25)
    for code in known { #expect(codes.contains { $0 == code }, "\(code)") }
  }
}
