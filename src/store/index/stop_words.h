// Words too common to tell one passage from another, by language. Compared with the case-folded word, accents and
// apostrophe kept.
#pragma once

#include <string_view>

namespace slipway::store {

// False for a language without a list. Thread safe.
bool is_stop_word(std::string_view word, std::string_view language);

}  // namespace slipway::store
