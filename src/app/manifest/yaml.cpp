#include "app/manifest/yaml.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "base/text.h"

namespace slipway::app {
namespace {

Mark to_mark(const YAML::Mark& mark) { return mark.is_null() ? Mark{} : Mark{mark.line + 1, mark.column + 1}; }

// Leaves the parser; caught in parse_yaml().
struct Stop {
    Mark mark;
    std::string message;
    std::string suggestion;
};

class TreeBuilder : public YAML::EventHandler {
 public:
    TreeBuilder(Problems& problems, YamlLimits limits) : problems_(problems), limits_(limits) {}

    YamlValue take_root() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        count(mark, 1);
        complete({.mark = to_mark(mark)}, anchor, 1);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& text) override;
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(YamlValue::Kind::list, mark, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(YamlValue::Kind::map, mark, tag, anchor);
    }
    void OnMapEnd() override { close(); }

 private:
    struct Frame {
        YamlValue value;
        YAML::anchor_t anchor = 0;
        std::size_t size = 1;              // values in it, aliases expanded
        std::optional<YamlEntry> pending;  // a key that waits for its value
    };
    struct Anchored {
        YamlValue value;
        std::size_t size = 0;
    };

    void count(const YAML::Mark& mark, std::size_t values) {
        count_ += values;
        if (count_ > limits_.values_max)
            throw Stop{to_mark(mark),
                       fmt::format("There are more than {} values, aliases expanded.", limits_.values_max), ""};
    }
    static void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
        if (!tag.empty() && tag != "?" && tag != "!")
            throw Stop{to_mark(mark), fmt::format("The tag {} is not understood.", tag), "Leave it out."};
    }
    void open(YamlValue::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor);
    void close();
    void complete(YamlValue value, YAML::anchor_t anchor, std::size_t size);
    void add_to_map(Frame& frame, YamlValue value);
    void take_key(Frame& frame, const YamlValue& key);

    Problems& problems_;
    YamlLimits limits_;
    YamlValue root_;
    std::vector<Frame> stack_;
    std::map<YAML::anchor_t, Anchored> anchors_;
    std::size_t count_ = 0;
};

void TreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Stop{to_mark(mark), "This alias stands inside the value that it names.", ""};
    count(mark, found->second.size);
    auto value = found->second.value;
    value.mark = to_mark(mark);
    complete(std::move(value), 0, found->second.size);
}

void TreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& text) {
    refuse_tag(mark, tag);
    count(mark, 1);
    complete({.kind = YamlValue::Kind::scalar, .mark = to_mark(mark), .text = text, .quoted = tag == "!"}, anchor, 1);
}

void TreeBuilder::open(YamlValue::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    refuse_tag(mark, tag);
    count(mark, 1);
    if (stack_.size() >= limits_.depth_max)
        throw Stop{to_mark(mark), fmt::format("Values are nested more than {} deep.", limits_.depth_max), ""};
    stack_.push_back({.value = {.kind = kind, .mark = to_mark(mark)}, .anchor = anchor});
}

void TreeBuilder::close() {
    auto frame = std::move(stack_.back());
    stack_.pop_back();
    complete(std::move(frame.value), frame.anchor, frame.size);
}

void TreeBuilder::complete(YamlValue value, YAML::anchor_t anchor, std::size_t size) {
    if (anchor != 0) anchors_[anchor] = {value, size};
    if (stack_.empty()) {
        root_ = std::move(value);
        return;
    }
    auto& frame = stack_.back();
    frame.size += size;
    if (frame.value.kind == YamlValue::Kind::list)
        frame.value.items.push_back(std::move(value));
    else if (frame.pending)
        add_to_map(frame, std::move(value));
    else
        take_key(frame, value);
}

void TreeBuilder::take_key(Frame& frame, const YamlValue& key) {
    if (key.kind != YamlValue::Kind::scalar)
        throw Stop{key.mark, "A key must be a word.", "Put quotes around it if it begins with a special character."};
    if (key.text == "<<")
        throw Stop{key.mark, "Merge keys (<<) are not understood.",
                   "Write the keys out, or use an alias for the whole value."};
    frame.pending = YamlEntry{key.text, key.mark, {}};
}

void TreeBuilder::add_to_map(Frame& frame, YamlValue value) {
    auto entry = *std::move(frame.pending);
    frame.pending.reset();
    if (const auto* first = frame.value.find(entry.key)) {
        problems_.error(entry.mark, fmt::format("The key \"{}\" stands twice in this map.", entry.key),
                        fmt::format("The first is on line {}.", first->mark.line));
        return;
    }
    entry.value = std::move(value);
    if (entry.value.kind == YamlValue::Kind::null) entry.value.mark = entry.mark;
    frame.value.entries.push_back(std::move(entry));
}

}  // namespace

const YamlEntry* YamlValue::find(std::string_view key) const {
    const auto found = std::ranges::find(entries, key, &YamlEntry::key);
    return found == entries.end() ? nullptr : &*found;
}

std::optional<YamlValue> parse_yaml(std::string_view text, Problems& problems, YamlLimits limits) {
    if (text.size() > limits.bytes_max) {
        problems.error({}, fmt::format("The file is longer than {} bytes.", limits.bytes_max));
        return std::nullopt;
    }
    if (!is_valid_utf8(text)) {
        problems.error({}, "The file is not valid UTF-8.", "Save it with the encoding UTF-8.");
        return std::nullopt;
    }
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        TreeBuilder builder(problems, limits);
        if (!parser.HandleNextDocument(builder)) return YamlValue{};
        TreeBuilder second(problems, limits);
        if (parser.HandleNextDocument(second)) {
            problems.error({}, "There is a second YAML document in the file.",
                           "Remove the line with --- in the middle.");
            return std::nullopt;
        }
        return builder.take_root();
    } catch (const Stop& stop) {
        problems.error(stop.mark, stop.message, stop.suggestion);
    } catch (const YAML::Exception& exception) {
        problems.error(to_mark(exception.mark), fmt::format("This is not YAML: {}.", exception.msg),
                       "Look at the indentation and the quotes of this line and the one before.");
    }
    return std::nullopt;
}

Result<std::string> read_text_file(const std::filesystem::path& file, std::size_t bytes_max) {
    std::ifstream stream(file, std::ios::binary);
    std::error_code ignored;
    if (!stream || !std::filesystem::is_regular_file(file, ignored))
        return fail(ErrorCode::not_found, "There is no file {}.", file.string());
    std::string text(bytes_max + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (text.size() > bytes_max)
        return fail(ErrorCode::invalid, "{} is longer than {} bytes.", file.string(), bytes_max);
    if (!is_valid_utf8(text))
        return fail(ErrorCode::invalid, "{} is not valid UTF-8; save it with that encoding.", file.string());
    return text;
}

}  // namespace slipway::app
