// Normal forms of text, in two steps, because a stemmer wants the accents that the index does not: "Çafé" → "çafé" →
// "cafe". Thread safe. Linear in the text, also for hostile runs of combining marks (the text is folded in short
// pieces).
#pragma once

#include <string>
#include <string_view>

namespace slipway::store {

// Compatibility forms resolved (ﬁ → fi, Ａ → a), case folded (ß → ss), composed (NFKC). Invalid UTF-8 becomes U+FFFD.
void append_case_folded(std::string& out, std::string_view text);
// Without accents, points and vowel signs of Latin, Greek, Cyrillic, Hebrew and Arabic, and with plain letters for
// those that Unicode does not decompose (ø, ł, æ, ı). Marks of scripts that are unreadable without them (Devanagari,
// Thai) stay.
void append_unaccented(std::string& out, std::string_view case_folded);

}  // namespace slipway::store
