#pragma once
#include "ctoml.h"
#include <string_view>

namespace ctoml {

/// toml++ limits the nesting of values, but not the length of a dotted key, and both make its
/// recursion deep. The product of the two limits needs less than a megabyte of stack.
constexpr unsigned deepest_value = 32;
constexpr unsigned longest_dotted_key = 16;

/// What has to be refused before toml++ sees the text: returns NULL, or the reason with its position.
const char *refusal(std::string_view text, ctoml_position &position) noexcept;

}
