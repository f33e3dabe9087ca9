#include "store/database/kept_rows.h"

#include <algorithm>

namespace slipway::store {
namespace {

// Kind and length stand before each text, so that no two lists of parameters look the same.
void append(std::string& key, const Value& value) {
    const auto& variant = value.variant();
    if (const auto* const text = std::get_if<std::string>(&variant)) {
        key += fmt::format("t{}:", text->size());
        key += *text;
    } else if (const auto* const bytes = std::get_if<Bytes>(&variant)) {
        key += fmt::format("b{}:", bytes->value.size());
        key += bytes->value;
    } else if (const auto* const number = std::get_if<std::int64_t>(&variant)) {
        key += fmt::format("i{};", *number);
    } else if (const auto* const real = std::get_if<double>(&variant)) {
        key += fmt::format("d{};", *real);
    } else {
        key += "n;";
    }
}

bool is_small(const Rows& rows) {
    if (rows.cells().size() > KeptRows::kCellsMax) return false;
    std::size_t bytes = 0;
    for (const auto& value : rows.cells()) {
        if (const auto* const text = std::get_if<std::string>(&value.variant())) bytes += text->size();
        if (const auto* const blob = std::get_if<Bytes>(&value.variant())) bytes += blob->value.size();
    }
    return bytes <= KeptRows::kTextBytesMax;
}

}  // namespace

std::string KeptRows::key_of(const Scope& scope, const std::string& sql, const Parameters& parameters) {
    std::string key;
    key.reserve(sql.size() + (parameters.size() + 1) * 48);
    key += sql;
    key += '\0';
    append(key, scope.workspace() ? Value(scope.workspace()->value) : Value());
    for (const auto& parameter : parameters) append(key, parameter);
    return key;
}

std::optional<KeptRows::Version> KeptRows::version_locked(const Tables& tables) const {
    Version version = 0;
    for (const auto& name : tables) {
        const auto found = tables_.find(name);
        if (found == tables_.end()) continue;
        if (found->second.changing != 0) return std::nullopt;
        version += found->second.version;
    }
    return version;
}

std::optional<KeptRows::Version> KeptRows::version_of(const Tables& tables) {
    const std::scoped_lock lock(mutex_);
    return version_locked(tables);
}

std::optional<Rows> KeptRows::find(const std::string& key) {
    const auto now = Clock::now();
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return std::nullopt;
    const auto& entry = found->second;
    const auto version = version_locked(entry.tables);
    if (version && *version == entry.version && now - entry.since < kept_for_) return entry.rows;
    if (version) entries_.erase(found);
    return std::nullopt;
}

void KeptRows::keep(std::string key, Tables tables, Version before, const Rows& rows) {
    if (!is_small(rows)) return;
    Entry entry{std::move(tables), before, Clock::now(), rows};
    std::unordered_map<std::string, Entry> forgotten;  // freed after the lock
    const std::scoped_lock lock(mutex_);
    if (version_locked(entry.tables) != before) return;
    if (entries_.size() >= kEntriesMax) forgotten.swap(entries_);
    entries_.insert_or_assign(std::move(key), std::move(entry));
}

void KeptRows::Change::add(const Tables& tables) {
    for (const auto& name : tables) {
        if (std::ranges::find(tables_, name) != tables_.end()) continue;
        const std::scoped_lock lock(kept_->mutex_);
        ++kept_->tables_[name].changing;
        tables_.push_back(name);
    }
}

KeptRows::Change::~Change() {
    if (tables_.empty()) return;
    const std::scoped_lock lock(kept_->mutex_);
    for (const auto& name : tables_) {
        auto& table = kept_->tables_[name];
        ++table.version;
        --table.changing;
    }
}

}  // namespace slipway::store
