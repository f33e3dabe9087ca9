#include "store/database/migration_kind.h"

#include <algorithm>
#include <set>
#include <vector>

#include "base/text.h"

namespace slipway::store {
namespace {

constexpr std::size_t kShownBytesMax = 80;
constexpr std::string_view kMark = "contract:";

using Words = std::vector<std::string>;  // in lower case; texts as '', punctuation one by one

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80) != 0;
}

class Reader {
 public:
    explicit Reader(std::string_view sql) : sql_(sql) {}

    // The next statement; empty at the end.
    Words next() {
        Words words;
        while (at_ < sql_.size()) {
            const auto rest = sql_.substr(at_);
            if (rest.starts_with("--")) {
                const auto end = std::min(rest.find('\n'), rest.size());
                marked_ = marked_ || trim(rest.substr(2, end - 2)).starts_with(kMark);
                at_ += end;
            } else if (rest.front() == ';') {
                ++at_;
                if (!words.empty()) break;
            } else if (rest.front() == '\'' || rest.front() == '"') {
                take_quoted(words, rest.front());
            } else if (rest.front() == '$') {
                take_dollars(words);
            } else {
                take_plain(words);
            }
        }
        return words;
    }
    bool marked() const { return marked_; }

 private:
    void take_quoted(Words& words, char quote) {
        const auto begin = ++at_;
        while (at_ < sql_.size() && sql_[at_] != quote) ++at_;  // a doubled one is two texts, which changes nothing
        words.emplace_back(quote == '"' ? sql_.substr(begin, at_ - begin) : "''");
        at_ = std::min(at_ + 1, sql_.size());
    }
    void take_dollars(Words& words) {
        const auto tag = sql_.substr(at_, sql_.find('$', at_ + 1) - at_ + 1);
        const auto end = sql_.find(tag, at_ + tag.size());
        words.emplace_back("''");
        at_ = end == std::string_view::npos ? sql_.size() : end + tag.size();
    }
    void take_plain(Words& words) {
        const auto begin = at_;
        while (at_ < sql_.size() && is_word(sql_[at_])) ++at_;
        if (at_ > begin) {
            words.push_back(lower_ascii(sql_.substr(begin, at_ - begin)));
        } else {
            if (!std::string_view(" \t\r\n").contains(sql_[at_])) words.emplace_back(1, sql_[at_]);
            ++at_;
        }
    }

    std::string_view sql_;
    std::size_t at_ = 0;
    bool marked_ = false;
};

bool has(const Words& words, std::string_view word) { return std::ranges::find(words, word) != words.end(); }

bool begins(const Words& words, std::initializer_list<std::string_view> with) {
    return words.size() >= with.size() && std::equal(with.begin(), with.end(), words.begin());
}

// The name behind the first `keyword`, without IF [NOT] EXISTS and ONLY.
std::string name_after(const Words& words, std::string_view keyword) {
    auto at = std::ranges::find(words, keyword);
    if (at == words.end()) return {};
    for (++at; at != words.end(); ++at)
        if (*at != "if" && *at != "not" && *at != "exists" && *at != "only") return *at;
    return {};
}

// Parts between commas that stand in no parentheses.
std::vector<Words> parts_of(const Words& words, std::size_t first) {
    std::vector<Words> parts(1);
    int depth = 0;
    for (std::size_t i = first; i < words.size(); ++i) {
        depth += words[i] == "(" ? 1 : words[i] == ")" ? -1 : 0;
        if (words[i] == "," && depth == 0)
            parts.emplace_back();
        else
            parts.back().push_back(words[i]);
    }
    return parts;
}

class Judge {
 public:
    bool expands(const Words& words) {
        const auto& verb = words.front();
        if (verb == "create") return creates(words);
        if (verb == "alter") return begins(words, {"alter", "table"}) && alters(words);
        if (verb == "insert") return is_new(name_after(words, "into"));
        if (verb == "update") return is_new(name_after(words, "update"));
        if (verb == "select") return begins(words, {"select", "set_config"});
        return begins(words, {"comment", "on"});
    }

 private:
    bool is_new(const std::string& table) const { return made_.contains(table); }

    bool creates(const Words& words) {
        if (begins(words, {"create", "table"}) || begins(words, {"create", "{", "unlogged", "}", "table"})) {
            made_.insert(name_after(words, "table"));
            return refers_softly(words);
        }
        if (begins(words, {"create", "unique", "index"})) return is_new(name_after(words, "on"));
        return begins(words, {"create", "index"}) || begins(words, {"create", "function"}) ||
               begins(words, {"create", "view"}) || begins(words, {"create", "extension"});
    }

    // Rows that older releases remove from a table of before must not be held by rows that they do not know.
    bool refers_softly(const Words& words) const {
        for (std::size_t i = 0; i + 1 < words.size(); ++i) {
            if (words[i] != "references" || is_new(words[i + 1])) continue;
            auto at = i + 2;
            if (at < words.size() && words[at] == "(")
                while (at < words.size() && words[at++] != ")") {
                }
            const Words rule(words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
            if (!begins(rule, {"on", "delete", "cascade"}) && !begins(rule, {"on", "delete", "set", "null"}))
                return false;
        }
        return true;
    }

    bool alters(const Words& words) const {
        const auto table = name_after(words, "table");
        if (is_new(table)) return !has(words, "rename");
        const auto at = std::ranges::find(words, table) - words.begin() + 1;
        return std::ranges::all_of(parts_of(words, static_cast<std::size_t>(at)), adds_column);
    }

    static bool adds_column(const Words& part) {
        if (!begins(part, {"add", "column"})) return false;
        for (const auto* const forbidden :
             {"unique", "primary", "references", "check", "generated", "serial", "workspace"})
            if (has(part, forbidden)) return false;
        return !has(part, "not") || has(part, "default");
    }

    std::set<std::string> made_;
};

}  // namespace

std::string_view to_string(MigrationKind kind) { return kind == MigrationKind::expand ? "expand" : "contract"; }

std::string contracting_statement(std::string_view sql) {
    Reader reader(sql);
    Judge judge;
    for (auto words = reader.next(); !words.empty(); words = reader.next()) {
        if (judge.expands(words)) continue;
        return std::string(cut_utf8(join(words, " "), kShownBytesMax));
    }
    return reader.marked() ? "-- contract" : "";
}

MigrationKind kind_of(const Migration& migration) {
    return contracting_statement(migration.sql).empty() ? MigrationKind::expand : MigrationKind::contract;
}

}  // namespace slipway::store
