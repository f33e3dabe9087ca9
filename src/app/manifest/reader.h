// Takes the values of a described section out of YAML: variables and switches resolved, types and ranges checked,
// unknown keys refused with the nearest known one. Goes on after an error with the default, so that all errors are
// found in one go.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "app/manifest/keys.h"
#include "app/manifest/problem.h"
#include "app/manifest/yaml.h"
#include "base/environment.h"

namespace slipway::app {

class Reader final : public Keys {
 public:
    // All arguments outlive the reader. `later_is_error`: keys of a later release are errors, not warnings.
    Reader(const YamlValue& root, const Environment& environment, const std::filesystem::path& folder,
           Problems& problems, bool later_is_error);

    // Reports the unknown keys of the root; call after describe().
    void finish() { close(); }

    // Where "server.port" stands; the nearest section around it when it is left out. For checks between keys.
    Mark mark_of(std::string_view path) const;
    bool given(std::string_view path) const { return marks_.contains(path); }
    // The variables in the expression that a store's URL, or a value of a later release, was written as.
    std::vector<std::string> variables_of(std::string_view path) const;

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
    void enter_element(std::size_t index) override;
    void leave() override;

 private:
    // One level that the description has entered: a map whose keys are asked for, or the elements of a named map or a
    // list.
    struct Frame {
        const YamlValue* map = nullptr;  // null: left out, everything keeps its default
        std::string path;
        std::vector<std::string> known;          // keys that were asked for
        std::vector<const YamlValue*> elements;  // of a named map or a list
        std::vector<std::string> element_paths;
        bool container = false;
    };
    // A scalar after its variables were filled in.
    struct Scalar {
        std::string text;
        Mark mark;
        std::string written;  // as it stands in the file
        bool from_variable() const { return written.find('$') != std::string::npos; }
    };

    std::string path_of(std::string_view key) const;
    const YamlValue* take(std::string_view key);
    const YamlValue* resolve(const YamlValue& value, const std::string& path);
    const YamlValue* choose(const YamlValue& rule, Mark mark, const std::string& path);
    std::optional<std::string> expand(const YamlValue& value, const std::string& path);
    std::optional<Scalar> scalar(std::string_view key);
    std::optional<Scalar> scalar_of(const YamlValue& value, const std::string& path);
    void open(const YamlValue* map, std::string path);
    void close();
    void report_unknown(const Frame& frame);
    const YamlValue* synthesise(YamlValue value);
    bool check_text(const std::string& path, const Scalar& scalar, TextRule rule);
    void wrong(const std::string& path, const Scalar& scalar, std::string_view wanted, std::string suggestion = {});

    const Environment& environment_;
    const std::filesystem::path& folder_;
    Problems& problems_;
    bool later_is_error_;
    std::vector<Frame> frames_;
    std::deque<YamlValue> synthesised_;  // short forms written out
    std::map<std::string, Mark, std::less<>> marks_;
    std::map<std::string, std::string, std::less<>> written_;  // what variables_of() knows
};

}  // namespace slipway::app
