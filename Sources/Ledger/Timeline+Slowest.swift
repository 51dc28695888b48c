import Diagnosis

extension Timeline {
  /// A task and where it stands.
  package struct Place: Sendable, Equatable {
    package var span: Int
    package var task: Int
  }

  /// The tasks that took longest, longest first, without those of less than `least` seconds.
  package func slowest(_ count: Int, least: Double) -> [Place] {
    let places = spans.indices.flatMap { span in
      spans[span].tasks.indices.map { Place(span: span, task: $0) }
    }
    let long = places.filter { self[$0].seconds >= max(least, 0.001) }
    let sorted = long.sorted { a, b in
      if self[a].seconds != self[b].seconds { return self[a].seconds > self[b].seconds }
      return (self[a].began, self[a].name) < (self[b].began, self[b].name)
    }
    return Array(sorted.prefix(count))
  }

  package subscript(place: Place) -> Task { spans[place.span].tasks[place.task] }

  /// "arm64: configure" where more than one architecture was built.
  package func label(of span: Span) -> String {
    guard let architecture = span.architecture, Set(spans.compactMap(\.architecture)).count > 1 else {
      return span.stage.rawValue
    }
    return "\(architecture): \(span.stage.rawValue)"
  }
}

/// Seconds with a fixed number of digits, without a locale.
package func fixed(_ value: Double, _ digits: Int) -> String {
  let scale = [1, 10, 100, 1000][digits]
  let scaled = Int((value * Double(scale)).rounded())
  if digits == 0 { return "\(scaled)" }
  let fraction = String(abs(scaled) % scale)
  return (scaled < 0 ? "-" : "") + "\(abs(scaled) / scale)."
    + String(repeating: "0", count: digits - fraction.count) + fraction
}
