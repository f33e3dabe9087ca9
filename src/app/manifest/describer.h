// Notes what a section describes: a tree of keys with types, limits, defaults and sentences. The JSON Schema and the
// reference are made of it (schema.cpp, reference.cpp).
#pragma once

#include <string>
#include <vector>

#include "app/manifest/keys.h"
#include "base/json.h"

namespace slipway::app {

enum class ValueType : unsigned char {
    text,
    secret,
    store,
    boolean,
    integer,
    number,
    bytes,
    duration,
    path,
    choice,
    texts,
    text_map,
    section,
    named,
    list,
    later
};

struct KeyDescription {
    std::string key;
    ValueType type = ValueType::section;
    std::string sentence;
    bool required = false;
    Form form = Form::line;  // of a text, or of the elements of texts
    bool or_none = false;    // of a text: the word none empties it
    PathKind path_kind = PathKind::file;
    double least = 0, most = 0;         // integers and numbers
    std::string limits;                 // "from 1s to 1h", for people; empty: none
    std::vector<std::string> choices;   // canonical names
    std::vector<std::string> synonyms;  // further names of the same values
    std::string default_text;           // for people; empty: none
    json::value default_value;          // null: none
    std::string kind;                   // of a variant: exists only for this kind of the section around it
    std::string short_key;              // of a list: what a plain text stands for
    std::vector<KeyDescription> keys;   // of a section, of the elements of named and list
};

class Describer final : public Keys {
 public:
    Describer() : stack_(1), in_element_(1) {}
    // The keys of what was described.
    std::vector<KeyDescription> take() && { return std::move(stack_.front().keys); }

    void text(std::string_view key, std::string& value, std::string_view sentence, TextRule rule) override;
    void secret(std::string_view key, Secret& value, std::string_view sentence) override;
    void store(std::string_view key, Secret& url, std::string_view sentence) override;
    void boolean(std::string_view key, bool& value, std::string_view sentence) override;
    void number(std::string_view key, double& value, double least, double most, std::string_view sentence) override;
    void duration(std::string_view key, Milliseconds& value, Milliseconds least, Milliseconds most,
                  std::string_view sentence) override;
    void path(std::string_view key, std::filesystem::path& value, PathKind kind, std::string_view sentence) override;
    void texts(std::string_view key, std::vector<std::string>& values, std::string_view sentence,
               TextRule element) override;
    void text_map(std::string_view key, TextMap& values, std::string_view sentence) override;
    void later(std::string_view key, std::string_view sentence) override;

 protected:
    void read_integer(std::string_view key, std::int64_t& value, std::int64_t least, std::int64_t most,
                      std::string_view sentence) override;
    void read_bytes(std::string_view key, std::uint64_t& value, std::uint64_t least, std::uint64_t most,
                    std::string_view sentence) override;
    void read_choice(std::string_view key, std::string& value, std::span<const ChoiceName> names,
                     std::string_view sentence, bool required) override;
    bool enter_section(std::string_view key, std::string_view sentence, bool optional) override;
    bool enter_variant(std::string_view key, std::string_view kind, bool selected, std::string_view sentence) override;
    std::optional<std::vector<std::string>> enter_named(std::string_view key, std::string_view sentence) override;
    std::optional<std::size_t> enter_list(std::string_view key, std::string_view short_key,
                                          std::string_view sentence) override;
    void enter_element(std::size_t) override { in_element_.back() = true; }
    void leave() override;

 private:
    KeyDescription& add(std::string_view key, ValueType type, std::string_view sentence);
    KeyDescription& open(std::string_view key, ValueType type, std::string_view sentence);

    std::vector<KeyDescription> stack_;
    std::vector<bool> in_element_;  // per level: an element of a named map or a list has no level of its own
};

}  // namespace slipway::app
