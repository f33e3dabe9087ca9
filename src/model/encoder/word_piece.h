// The tokeniser of uncased BERT models: text to the numbers of word pieces, as Hugging Face's `BertTokenizer` does
// (`do_lower_case`, accents stripped, CJK characters apart). A special token's name in the text, "[SEP]", is text here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::model::encoder {

// A view of the pieces in a packed file (packed.h): `offsets` has one more entry than there are pieces, piece `id` is
// bytes[offsets[id], offsets[id + 1]); `sorted` holds the ids in the order of their bytes. Nothing is built at start.
struct Vocabulary {
    std::string_view bytes;
    std::span<const std::uint32_t> offsets;
    std::span<const std::uint32_t> sorted;

    static constexpr std::uint32_t kNone = 0xFFFFFFFF;
    std::size_t size() const { return sorted.size(); }
    std::string_view piece(std::uint32_t id) const { return bytes.substr(offsets[id], offsets[id + 1] - offsets[id]); }
    std::uint32_t find(std::string_view piece) const;  // or kNone
};

class WordPiece {
 public:
    static constexpr std::size_t kWordCharactersMax = 100;  // longer ones are unknown

    // False when the vocabulary lacks [CLS], [SEP] or [UNK].
    bool open(Vocabulary vocabulary);

    // [CLS], the pieces, [SEP]; at most `limit` in all (at least 2), the rest of the text is not read. `text` is valid
    // UTF-8. Linear in what is read. Thread safe.
    std::vector<std::uint32_t> encode(std::string_view text, std::size_t limit) const;

 private:
    void append_word(std::string_view word, std::size_t characters, std::vector<std::uint32_t>& pieces) const;

    Vocabulary vocabulary_;
    std::uint32_t begin_ = 0, end_ = 0, unknown_ = 0;
};

}  // namespace slipway::model::encoder
