#include "knowledge/packed_sources.h"

#include <bit>
#include <cstring>
#include <limits>

namespace slipway::knowledge {
namespace {

constexpr int kNone = std::numeric_limits<int>::min();

// Both ways in one list of fields: a Packer writes them, an Unpacker reads them.
template <typename Way, typename Kept>
void each_field(Way& way, Kept& source) {
    way.plain(source.number);
    way.plain(source.document_number);
    way.plain(source.page);
    way.plain(source.seconds);
    way.plain(source.score);
    for (auto* text : {&source.document_id, &source.chunk_id, &source.title, &source.name_space, &source.snippet,
                       &source.place, &source.url, &source.source_url, &source.youtube_url})
        way.text(*text);
}

struct Packer {
    template <typename Value>
    void plain(const Value& value) {
        const auto bytes = std::bit_cast<std::array<char, sizeof(Value)>>(value);
        out.append(bytes.data(), bytes.size());
    }
    void plain(const std::optional<int>& value) { plain(value.value_or(kNone)); }
    void text(const std::string& text) {
        plain(static_cast<std::uint32_t>(text.size()));
        out += text;
    }
    std::string out = {};
};

struct Unpacker {
    template <typename Value>
    void plain(Value& value) {
        std::array<char, sizeof(Value)> bytes;
        in.copy(bytes.data(), bytes.size());
        value = std::bit_cast<Value>(bytes);
        in.remove_prefix(bytes.size());
    }
    void plain(std::optional<int>& value) {
        int known = kNone;
        plain(known);
        if (known != kNone) value = known;
    }
    void text(std::string& text) {
        std::uint32_t size = 0;
        plain(size);
        text = in.substr(0, size);
        in.remove_prefix(size);
    }
    std::string_view in;
};

}  // namespace

PackedSources::PackedSources(const std::vector<Source>& sources) : count_(sources.size()) {
    Packer packer;
    for (const auto& source : sources) each_field(packer, source);
    bytes_ = std::string(packer.out);  // without the room to grow
}

std::vector<Source> PackedSources::unpack() const {
    std::vector<Source> sources(count_);
    Unpacker unpacker{bytes_};
    for (auto& source : sources) each_field(unpacker, source);
    return sources;
}

}  // namespace slipway::knowledge
