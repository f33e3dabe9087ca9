#include "base/json_names.h"

#include <set>
#include <string>
#include <vector>

#include <boost/json/basic_parser_impl.hpp>

#include "base/json.h"

namespace slipway {
namespace {

// Told by the parser what it meets; stops it at the first name that an object has already.
struct NameWatch {
    static constexpr std::size_t max_object_size = std::size_t(-1);
    static constexpr std::size_t max_array_size = std::size_t(-1);
    static constexpr std::size_t max_key_size = std::size_t(-1);
    static constexpr std::size_t max_string_size = std::size_t(-1);
    using Code = json::error_code;

    std::vector<std::set<std::string>> objects = {};
    std::string name = {};
    bool repeated = false;

    bool on_document_begin(Code&) { return true; }
    bool on_document_end(Code&) { return true; }
    bool on_object_begin(Code&) {
        objects.emplace_back();
        return true;
    }
    bool on_object_end(std::size_t, Code&) {
        objects.pop_back();
        return true;
    }
    bool on_array_begin(Code&) { return true; }
    bool on_array_end(std::size_t, Code&) { return true; }
    bool on_key_part(json::string_view part, std::size_t, Code&) {
        name += part;
        return true;
    }
    bool on_key(json::string_view part, std::size_t, Code& error) {
        name += part;
        repeated = !objects.back().insert(std::move(name)).second;
        name.clear();
        if (repeated) error = json::make_error_code(json::error::extra_data);
        return !repeated;
    }
    bool on_string_part(json::string_view, std::size_t, Code&) { return true; }
    bool on_string(json::string_view, std::size_t, Code&) { return true; }
    bool on_number_part(json::string_view, Code&) { return true; }
    bool on_int64(std::int64_t, json::string_view, Code&) { return true; }
    bool on_uint64(std::uint64_t, json::string_view, Code&) { return true; }
    bool on_double(double, json::string_view, Code&) { return true; }
    bool on_bool(bool, Code&) { return true; }
    bool on_null(Code&) { return true; }
    bool on_comment_part(json::string_view, Code&) { return true; }
    bool on_comment(json::string_view, Code&) { return true; }
};

}  // namespace

bool has_repeated_names(std::string_view text) {
    json::parse_options options;
    options.max_depth = JsonLimits().depth_max;
    json::basic_parser<NameWatch> parser(options);
    json::error_code error;
    parser.write_some(false, text.data(), text.size(), error);
    return parser.handler().repeated;
}

}  // namespace slipway
