// What the pgvector adapter writes as SQL: arrays as parameters, and filters as conditions (pgvector.h). Internal to
// this room.
#pragma once

#include <span>
#include <string>

#include "store/database/database.h"
#include "store/index/index.h"

namespace slipway::store::pgvector {

// An array as PostgreSQL reads it from text: {"a",NULL,"b"}.
class ArrayText {
 public:
    void add(std::string_view text);
    void add(std::int64_t number);
    void add_null();
    std::size_t size() const { return text_.size(); }
    std::string take();

 private:
    void separate() { text_ += text_.empty() ? '{' : ','; }
    std::string text_;
};

std::string array_of(std::span<const std::string> texts);
std::string array_of(std::span<const std::uint64_t> numbers);

// [0.25,-1] as the type vector reads it.
std::string vector_text(std::span<const float> vector);

// As it can be stored in a column of text: PostgreSQL has no NUL in one.
std::string storable(std::string text);

// A condition on rows of index_passage that is true or false, never NULL, for exactly the passages that matches() lets
// through. Its values are appended to the parameters.
std::string condition_of(const Filter& filter, Parameters& parameters);
bool lets_all_pass(const Filter& filter);

// Metadata's numbers for ranges: {"year":"<bits that sort>"}.
std::string numbers_of(const json::object& metadata);
std::vector<std::string> storable_facts(const json::object& metadata);

}  // namespace slipway::store::pgvector
