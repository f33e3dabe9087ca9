// Metadata as exact keywords, for stores that can only match words: every condition of a Filter on metadata becomes
// "one of these facts", with the semantics of matches(). A fact is "<kind>:<field>=<value>":
//
//   e:author          the field is there
//   s:author=ada      it is this string, or an array that holds it
//   b:public=true     it is this boolean
//   i:year=2004       it is this integer
//   f:price=<bits>    it is this number with a fraction or an exponent as it was written
//   d:price=<bits>    it is a number of this value
//   r:price=<bits>    the same, in an order: bits of numbers sort as the numbers do
//
// Fields and values that are long are replaced by their SHA-256.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/index/index.h"

namespace slipway::store {

// Bits of a double as 16 hexadecimal digits that sort as the numbers do. −0 counts as 0.
std::string sortable_bits(double number);

// All of a passage, each once. `ordered`: with those of kind r.
std::vector<std::string> facts_of(const json::object& metadata, bool ordered);

std::string fact_exists(std::string_view field);
// A passage meets equals and in when it has one of these.
std::vector<std::string> facts_equal(std::string_view field, const std::vector<json::value>& values);

// The ends of a range: what is stricter of at_least and above, at_most and below. Absent: open.
struct RangeEnd {
    double value = 0;
    bool included = true;
};
std::optional<RangeEnd> lower_end(const Filter& range);
std::optional<RangeEnd> upper_end(const Filter& range);
std::string fact_ordered(std::string_view field, double number);
std::string fact_ordered_least(std::string_view field);  // before and behind those of all numbers
std::string fact_ordered_most(std::string_view field);

// Texts among the values of a condition on namespace or id; other values match neither.
std::vector<std::string> texts_of(const std::vector<json::value>& values);

}  // namespace slipway::store
