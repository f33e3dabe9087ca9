// How the keys of a manifest are described: once, in a function describe(Keys&, Section&) beside each section's struct.
// What walks over the description decides what comes of it: the Reader takes values from YAML, the Describer notes
// names, types, defaults and sentences, of which the JSON Schema and the reference are made. Defaults are those of the
// struct.
//
//     void describe(Keys& keys, ServerSection& server) {
//         keys.integer("port", server.port, 0, 65535, "Port to listen on; 0 takes any free one.");
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/manifest/values.h"
#include "base/task.h"

namespace slipway::app {

class Keys;

// What a text may look like.
enum class Form : unsigned char {
    line,        // one line of at most 500 bytes
    prose,       // at most 20,000 bytes
    identifier,  // a letter, then letters, digits, _ and -; at most 63 bytes, lower case
    route,       // begins with /
    url,         // http:// or https://
    email,
};

struct TextRule {
    Form form = Form::line;
    bool required = false;
    bool or_none = false;  // the word none empties it; an empty value leaves the default
};

enum class PathKind : unsigned char { file, folder };

// One name of an enumerator. The first name of a value is the one that the reference prints; further ones are synonyms.
template <typename E>
struct Choice {
    E value;
    std::string_view name;
};

struct ChoiceName {
    std::string_view name;
    std::string_view canonical;
};

using TextMap = std::vector<std::pair<std::string, std::string>>;

class Keys {
 public:
    virtual ~Keys() = default;

    virtual void text(std::string_view key, std::string& value, std::string_view sentence, TextRule rule = {}) = 0;
    virtual void secret(std::string_view key, Secret& value, std::string_view sentence) = 0;
    // The URL of a store. Never printed: it may hold a password. The default is printed.
    virtual void store(std::string_view key, Secret& url, std::string_view sentence) = 0;
    virtual void boolean(std::string_view key, bool& value, std::string_view sentence) = 0;
    virtual void number(std::string_view key, double& value, double least, double most, std::string_view sentence) = 0;
    virtual void duration(std::string_view key, Milliseconds& value, Milliseconds least, Milliseconds most,
                          std::string_view sentence) = 0;
    // Relative to the application's folder; made absolute and looked up when it is given. Empty: none.
    virtual void path(std::string_view key, std::filesystem::path& value, PathKind kind, std::string_view sentence) = 0;
    virtual void texts(std::string_view key, std::vector<std::string>& values, std::string_view sentence,
                       TextRule element = {}) = 0;
    virtual void text_map(std::string_view key, TextMap& values, std::string_view sentence) = 0;
    // A key that is known, but whose function comes with a later release.
    virtual void later(std::string_view key, std::string_view sentence) = 0;

    template <std::integral T>
    void integer(std::string_view key, T& value, std::int64_t least, std::int64_t most, std::string_view sentence) {
        auto wide = static_cast<std::int64_t>(value);
        read_integer(key, wide, least, most, sentence);
        value = static_cast<T>(wide);
    }
    template <std::unsigned_integral T>
    void bytes(std::string_view key, T& value, std::uint64_t least, std::uint64_t most, std::string_view sentence) {
        auto wide = static_cast<std::uint64_t>(value);
        read_bytes(key, wide, least, most, sentence);
        value = static_cast<T>(wide);
    }
    template <typename E, std::size_t N>
    void choice(std::string_view key, E& value, const std::array<Choice<E>, N>& choices, std::string_view sentence,
                bool required = false);
    void one_of(std::string_view key, std::string& value, std::span<const std::string_view> names,
                std::string_view sentence);

    template <typename S>
    void section(std::string_view key, S& value, std::string_view sentence) {
        if (!enter_section(key, sentence, false)) return;
        describe(*this, value);
        leave();
    }
    // Left out: nothing, not the defaults.
    template <typename S>
    void optional_section(std::string_view key, std::optional<S>& value, std::string_view sentence) {
        value.reset();
        if (!enter_section(key, sentence, true)) return;
        describe(*this, value.emplace());
        leave();
    }
    // A map from names to sections, in the order of the file; S has a member `name`. A plain list of names is
    // understood too.
    template <typename S>
    void named(std::string_view key, std::vector<S>& values, std::string_view sentence);
    // A list of sections. An item that is a plain text means {short_key: text}; so does a text in place of the list.
    template <typename S>
    void list(std::string_view key, std::vector<S>& values, std::string_view short_key, std::string_view sentence);
    // Keys that exist only for one kind of the section around them.
    template <typename S>
    void variant(std::string_view key, std::string_view kind, bool selected, S& value, std::string_view sentence) {
        if (!enter_variant(key, kind, selected, sentence)) return;
        describe(*this, value);
        leave();
    }

 protected:
    virtual void read_integer(std::string_view key, std::int64_t& value, std::int64_t least, std::int64_t most,
                              std::string_view sentence) = 0;
    virtual void read_bytes(std::string_view key, std::uint64_t& value, std::uint64_t least, std::uint64_t most,
                            std::string_view sentence) = 0;
    virtual void read_choice(std::string_view key, std::string& value, std::span<const ChoiceName> names,
                             std::string_view sentence, bool required) = 0;
    // Each of these says whether (or for what) to go inside; every way in is left by leave().
    virtual bool enter_section(std::string_view key, std::string_view sentence, bool optional) = 0;
    virtual bool enter_variant(std::string_view key, std::string_view kind, bool selected,
                               std::string_view sentence) = 0;
    virtual std::optional<std::vector<std::string>> enter_named(std::string_view key, std::string_view sentence) = 0;
    virtual std::optional<std::size_t> enter_list(std::string_view key, std::string_view short_key,
                                                  std::string_view sentence) = 0;
    virtual void enter_element(std::size_t index) = 0;  // of a named map or a list
    virtual void leave() = 0;
};

template <typename E, std::size_t N>
void Keys::choice(std::string_view key, E& value, const std::array<Choice<E>, N>& choices, std::string_view sentence,
                  bool required) {
    std::array<ChoiceName, N> names;
    std::string name;
    for (std::size_t i = 0; i < N; ++i) {
        std::size_t first = 0;
        while (choices[first].value != choices[i].value) ++first;
        names[i] = {choices[i].name, choices[first].name};
        if (name.empty() && choices[i].value == value) name = choices[i].name;
    }
    read_choice(key, name, names, sentence, required);
    for (const auto& option : choices)
        if (option.name == name) value = option.value;
}

inline void Keys::one_of(std::string_view key, std::string& value, std::span<const std::string_view> names,
                         std::string_view sentence) {
    std::vector<ChoiceName> choices;
    for (const auto name : names) choices.push_back({name, name});
    read_choice(key, value, choices, sentence, false);
}

template <typename S>
void Keys::named(std::string_view key, std::vector<S>& values, std::string_view sentence) {
    const auto names = enter_named(key, sentence);
    if (!names) return;
    values.clear();
    for (std::size_t i = 0; i < names->size(); ++i) {
        enter_element(i);
        S value;
        value.name = (*names)[i];
        describe(*this, value);
        values.push_back(std::move(value));
        leave();
    }
    leave();
}

template <typename S>
void Keys::list(std::string_view key, std::vector<S>& values, std::string_view short_key, std::string_view sentence) {
    const auto count = enter_list(key, short_key, sentence);
    if (!count) return;
    values.clear();
    for (std::size_t i = 0; i < *count; ++i) {
        enter_element(i);
        S value;
        describe(*this, value);
        values.push_back(std::move(value));
        leave();
    }
    leave();
}

}  // namespace slipway::app
