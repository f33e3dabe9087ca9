#include "script.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include "base/text.h"

namespace slipway::scripted {
namespace {

constexpr std::array<std::string_view, 22> kKeys = {
    "drop",           "base64",         "when",   "times", "answer",  "tool_calls", "finish_reason",   "chunk_size",
    "first_delay_ms", "chunk_delay_ms", "status", "error", "headers", "cut_after",  "malformed_after", "error_after",
    "stall_after",    "endless",        "usage",  "done",  "finish",  "dimension"};
constexpr std::array<std::string_view, 5> kConditions = {"contains", "matches", "path", "model", "stream"};

Result<void> check_keys(const json::object& object, std::span<const std::string_view> known, std::size_t index) {
    for (const auto& [key, value] : object) {
        const std::string_view name = key;
        if (std::ranges::find(known, name) != known.end()) continue;
        const auto near = nearest(name, known);
        return fail(ErrorCode::invalid, "Rule {} has an unknown key “{}”{}.", index, name,
                    near.empty() ? "" : fmt::format("; did you mean “{}”?", near));
    }
    return {};
}

std::optional<std::int64_t> count_in(const json::object& object, std::string_view key) {
    if (find(object, key) == nullptr) return std::nullopt;
    return integer_or(object, key, 0);
}

std::optional<std::string> text_in(const json::object& object, std::string_view key) {
    const auto* value = find(object, key);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return to_text(value->get_string());
}

Behaviour read_behaviour(const json::object& object) {
    Behaviour behaviour;
    behaviour.answer = text_in(object, "answer");
    if (const auto* calls = array_in(object, "tool_calls")) behaviour.tool_calls = *calls;
    behaviour.finish_reason = text_or(object, "finish_reason", behaviour.tool_calls.empty() ? "stop" : "tool_calls");
    behaviour.chunk_size = static_cast<std::size_t>(std::max<std::int64_t>(1, integer_or(object, "chunk_size", 4)));
    behaviour.first_delay = Milliseconds(integer_or(object, "first_delay_ms", 0));
    behaviour.chunk_delay = Milliseconds(integer_or(object, "chunk_delay_ms", 0));
    behaviour.status = static_cast<int>(integer_or(object, "status", 200));
    if (const auto* error = find(object, "error")) behaviour.error = *error;
    if (const auto* headers = object_in(object, "headers")) {
        for (const auto& [name, value] : *headers) {
            if (value.is_string()) behaviour.headers.emplace_back(std::string(name), to_text(value.get_string()));
        }
    }
    behaviour.cut_after = count_in(object, "cut_after");
    behaviour.malformed_after = count_in(object, "malformed_after");
    behaviour.error_after = count_in(object, "error_after");
    behaviour.stall_after = count_in(object, "stall_after");
    behaviour.endless = bool_or(object, "endless", false);
    behaviour.usage = bool_or(object, "usage", true);
    behaviour.done = bool_or(object, "done", true);
    behaviour.base64 = bool_or(object, "base64", false);
    behaviour.finish = bool_or(object, "finish", true);
    behaviour.dimension = static_cast<std::size_t>(std::max<std::int64_t>(0, integer_or(object, "dimension", 0)));
    behaviour.drop = static_cast<std::size_t>(std::max<std::int64_t>(0, integer_or(object, "drop", 0)));
    return behaviour;
}

}  // namespace

Result<Script::Rule> Script::read_rule(const json::object& object, std::size_t index) {
    SLIPWAY_CHECK(check_keys(object, kKeys, index));
    Rule rule{.behaviour = read_behaviour(object)};
    rule.behaviour.rule = static_cast<int>(index);
    rule.times = count_in(object, "times");
    const auto* when = object_in(object, "when");
    if (when == nullptr) return rule;
    SLIPWAY_CHECK(check_keys(*when, kConditions, index));
    rule.contains = text_in(*when, "contains");
    rule.path = text_in(*when, "path");
    rule.model = text_in(*when, "model");
    if (find(*when, "stream") != nullptr) rule.stream = bool_or(*when, "stream", false);
    if (const auto pattern = text_in(*when, "matches")) {
        try {
            rule.matches.emplace(*pattern);
        } catch (const std::regex_error& error) {
            return fail(ErrorCode::invalid, "Rule {} has no valid regular expression: {}.", index, error.what());
        }
    }
    return rule;
}

Result<std::unique_ptr<Script>> Script::load(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return fail(ErrorCode::not_found, "The script {} cannot be read.", file.string());
    std::ostringstream text;
    text << stream.rdbuf();
    SLIPWAY_TRY(const auto value, parse_json(text.str()));
    const auto* rules = value.is_object() ? array_in(value.get_object(), "rules") : nullptr;
    if (rules == nullptr)
        return fail(ErrorCode::invalid, "The script {} must be an object with a list of “rules”.", file.string());
    auto script = std::make_unique<Script>();
    for (const auto& rule : *rules) {
        const auto index = script->rules_.size();
        if (!rule.is_object()) return fail(ErrorCode::invalid, "Rule {} is not an object.", index);
        SLIPWAY_TRY(auto made, read_rule(rule.get_object(), index));
        script->rules_.push_back(std::move(made));
    }
    return script;
}

bool Script::applies(const Rule& rule, const Ask& ask) {
    if (rule.times && *rule.times <= 0) return false;
    if (rule.path && !ask.path.ends_with(*rule.path)) return false;
    if (rule.model && ask.model != *rule.model) return false;
    if (rule.stream && ask.stream != *rule.stream) return false;
    if (rule.contains && ask.text.find(*rule.contains) == std::string::npos) return false;
    return !rule.matches || std::regex_search(ask.text, *rule.matches);
}

Behaviour Script::choose(const Ask& ask) {
    const std::lock_guard lock(mutex_);
    for (auto& rule : rules_) {
        if (!applies(rule, ask)) continue;
        if (rule.times) --*rule.times;
        return rule.behaviour;
    }
    return {};
}

}  // namespace slipway::scripted
