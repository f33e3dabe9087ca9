// Values of Terraform as they travel: MessagePack, by the rules of Terraform's "Wire Format for Terraform Objects"
// (docs/plugin-protocol/object-wire-format.md of its repository).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace slipway::deploy {

inline constexpr std::size_t kValueDepthMax = 64;
inline constexpr std::size_t kValuePartsMax = 1'000'000;

struct Member;

struct Value {
    enum class Kind : unsigned char {
        null,
        unknown,  // known only after it was made
        scalar,   // text, number, truth: as it came
        list,
        map,
    };
    Kind kind = Kind::null;
    std::string encoded;          // of a scalar, and of an unknown with what is known of it
    std::vector<Value> items;     // of a list
    std::vector<Member> members;  // of a map, in the order they came

    static Value unknown();
    static Value text(std::string_view text);
    static Value truth(bool truth);
    static Value whole(std::int64_t number);
    static Value list(std::vector<Value> items);
    bool is_null() const { return kind == Kind::null; }
    bool is_unknown() const { return kind == Kind::unknown; }
    Value* member(std::string_view name);
    const Value* member(std::string_view name) const;
    void set(std::string_view name, Value value);
};

struct Member {
    std::string name;
    Value value;
};

// `invalid` when the bytes are no MessagePack, or above the limits.
Result<Value> read_value(std::string_view bytes);
std::string write_value(const Value& value);
// As state is kept: numbers that are whole become integers.
Value from_json(const json::value& value);

}  // namespace slipway::deploy
