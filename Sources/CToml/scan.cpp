#include "scan.hpp"

namespace ctoml {
namespace {

using byte = unsigned char;

/// Bytes of the well-formed UTF-8 sequence at the start of `text` (Unicode 15, table 3-7), or 0.
size_t sequence(std::string_view text) noexcept {
  const auto at = [&](size_t i) { return i < text.size() ? byte(text[i]) : byte(0); };
  const auto within = [&](size_t i, byte low, byte high) { return at(i) >= low && at(i) <= high; };
  const byte lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return within(1, 0x80, 0xBF) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const byte low = lead == 0xE0 ? 0xA0 : 0x80, high = lead == 0xED ? 0x9F : 0xBF;
    return within(1, low, high) && within(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const byte low = lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xF4 ? 0x8F : 0xBF;
    return within(1, low, high) && within(2, 0x80, 0xBF) && within(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

/// Follows strings and comments, to see what stands between them.
class outline {
  char quote = 0;
  bool several_lines = false, escaped = false, comment = false;
  unsigned opening = 0, quotes_in_a_row = 0, count = 0;

  void inside_string(char c, std::string_view rest) noexcept {
    if (opening > 0) {
      opening--;
      return;
    }
    if (escaped) {
      escaped = false;
      quotes_in_a_row = 0;
      return;
    }
    if (c == '\\' && quote == '"') escaped = true;
    quotes_in_a_row = c == quote ? quotes_in_a_row + 1 : 0;
    // The last three of up to five quotes end a string of several lines.
    const bool at_end = quotes_in_a_row == 5 || rest.empty() || rest[0] != quote;
    if (several_lines ? quotes_in_a_row >= 3 && at_end : c == quote || c == '\n') quote = 0;
  }

public:
  /// Takes the first byte of a character and what follows it; returns why it cannot stand there.
  const char *take(char c, std::string_view rest) noexcept {
    if (comment) {
      comment = c != '\n';
      if (comment) return nullptr;
    }
    if (quote) {
      inside_string(c, rest);
      return nullptr;
    }
    // toml++ takes any Unicode space for a space, and vertical tabs for line ends; TOML does not.
    if (byte(c) >= 0x80 || c == '\v' || c == '\f') return "this character needs to be in quotes";
    switch (c) {
    case '#': comment = true; break;
    case '"':
    case '\'':
      quote = c;
      several_lines = rest.size() >= 2 && rest[0] == c && rest[1] == c;
      opening = several_lines ? 2 : 0;
      quotes_in_a_row = 0;
      break;
    case '\n': case '=': case ',': case '[': case '{': count = 0; break;
    case '.':
      if (++count >= longest_dotted_key) return "a key of more than 16 parts";
      break;
    default: break;
    }
    return nullptr;
  }
};

}

const char *refusal(std::string_view text, ctoml_position &position) noexcept {
  position = {1, 1};
  if (text.substr(0, 3) == "\xEF\xBB\xBF") return "the file begins with a byte order mark";
  outline outline;
  for (size_t i = 0; i < text.size();) {
    const size_t size = sequence(text.substr(i));
    if (size == 0) return "not UTF-8";
    if (text[i] == 0) return "a NUL byte";
    if (const char *reason = outline.take(text[i], text.substr(i + 1))) return reason;
    if (text[i] == '\n') {
      position.line++;
      position.column = 1;
    } else {
      position.column++;
    }
    i += size;
  }
  return nullptr;
}

}
