// YAML text as a tree of values that know their place. Of YAML 1.2 the manifest uses maps, lists, scalars, anchors and
// aliases; tags, merge keys and several documents in one file are refused.
//
// Bounded: size, depth, and the number of values after aliases are expanded (an alias counts as what it stands for, so
// that a few lines cannot grow into gigabytes). A key that stands twice in a map is an error.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/manifest/problem.h"
#include "base/error.h"

namespace slipway::app {

struct YamlLimits {
    std::size_t bytes_max = 1 << 20;
    std::size_t depth_max = 32;
    std::size_t values_max = 50'000;
};

struct YamlEntry;

struct YamlValue {
    enum class Kind : unsigned char { null, scalar, list, map };

    Kind kind = Kind::null;
    Mark mark;
    std::string text;                // of a scalar
    bool quoted = false;             // the scalar stood in quotes
    std::vector<YamlValue> items;    // of a list
    std::vector<YamlEntry> entries;  // of a map, in the order of the file

    const YamlEntry* find(std::string_view key) const;
};

struct YamlEntry {
    std::string key;
    Mark mark;  // of the key
    YamlValue value;
};

// The root, or nothing when the text cannot be read to its end; why is in `problems`. An empty text is null.
std::optional<YamlValue> parse_yaml(std::string_view text, Problems& problems, YamlLimits limits = {});

// The text of a file of the application. `not_found`, or `invalid` when it is too long or not UTF-8.
Result<std::string> read_text_file(const std::filesystem::path& file, std::size_t bytes_max = 1 << 20);

}  // namespace slipway::app
