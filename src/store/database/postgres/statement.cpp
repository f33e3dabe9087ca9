#include "store/database/postgres/statement.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace slipway::store::postgres {
namespace {

bool contains(const auto& words, std::string_view word) { return std::ranges::find(words, word) != std::end(words); }

bool begins_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0; }
bool goes_on(char c) { return begins_word(c) || (c >= '0' && c <= '9') || c == '$'; }

class Reader {
 public:
    explicit Reader(std::string_view sql) : sql_(sql) {}

    Result<Statement> read() {
        while (at_ < sql_.size()) {
            SLIPWAY_CHECK(step());
        }
        const auto workspace = fmt::format("${}", statement_.parameters + 1);
        std::string text;
        std::size_t done = 0;
        for (const auto place : workspaces_) {
            text += sql_.substr(done, place - done);
            text += workspace;
            done = place + kWorkspace.size();
        }
        text += sql_.substr(done);
        statement_.sql = std::move(text);
        return std::move(statement_);
    }

 private:
    static constexpr std::string_view kWorkspace = "$workspace";

    Result<void> step() {
        const char c = sql_[at_];
        const auto rest = sql_.substr(at_);
        if (c == '\'') {
            const bool escapes = at_ > 0 && (sql_[at_ - 1] == 'e' || sql_[at_ - 1] == 'E');
            skip_quoted('\'', escapes);
        } else if (c == '"') {
            const auto begin = at_ + 1;
            skip_quoted('"', false);
            add_word(std::string(sql_.substr(begin, at_ - begin - 1)));
        } else if (rest.starts_with("--")) {
            at_ = std::min(sql_.find('\n', at_), sql_.size());
        } else if (rest.starts_with("/*")) {
            const auto end = sql_.find("*/", at_ + 2);
            at_ = end == std::string_view::npos ? sql_.size() : end + 2;
        } else if (c == '$') {
            return take_dollar();
        } else if (begins_word(c)) {
            const auto begin = at_;
            while (at_ < sql_.size() && goes_on(sql_[at_])) ++at_;
            add_word(lower_ascii(sql_.substr(begin, at_ - begin)));
        } else {
            if (c == ';' && !trim(rest.substr(1)).empty())
                return fail(ErrorCode::internal, "Exactly one statement is expected in: {}", sql_);
            ++at_;
        }
        return {};
    }

    void skip_quoted(char quote, bool escapes) {
        for (++at_; at_ < sql_.size(); ++at_) {
            if (escapes && sql_[at_] == '\\') {
                ++at_;
            } else if (sql_[at_] == quote) {
                if (at_ + 1 < sql_.size() && sql_[at_ + 1] == quote) {
                    ++at_;
                    continue;
                }
                ++at_;
                return;
            }
        }
    }

    Result<void> take_dollar() {
        const auto begin = at_++;
        while (at_ < sql_.size() && goes_on(sql_[at_]) && sql_[at_] != '$') ++at_;
        const auto name = sql_.substr(begin, at_ - begin);
        if (name == kWorkspace) {
            workspaces_.push_back(begin);
            statement_.names_workspace = true;
            return {};
        }
        if (at_ < sql_.size() && sql_[at_] == '$') {  // a text between $tag$ and $tag$
            const auto tag = sql_.substr(begin, ++at_ - begin);
            const auto end = sql_.find(tag, at_);
            at_ = end == std::string_view::npos ? sql_.size() : end + tag.size();
            return {};
        }
        std::size_t number = 0;
        const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
        if (error != std::errc() || end != name.data() + name.size() || number == 0 || number > 60'000)
            return fail(ErrorCode::internal, "Parameters are $1, $2 … and $workspace, not {} as in: {}", name, sql_);
        statement_.parameters = std::max(statement_.parameters, number);
        return {};
    }

    void add_word(std::string word) {
        if (statement_.verb.empty()) statement_.verb = word;
        if (!contains(statement_.words, word)) statement_.words.push_back(std::move(word));
    }

    std::string_view sql_;
    std::size_t at_ = 0;
    std::vector<std::size_t> workspaces_;
    Statement statement_;
};

constexpr std::string_view kReading[] = {"select", "values", "table", "explain", "show"};
constexpr std::string_view kWriting[] = {"insert", "update", "delete", "with", "merge"};
constexpr std::string_view kChanging[] = {"create", "alter",  "drop",    "truncate",
                                          "grant",  "revoke", "comment", "reindex"};

std::unexpected<Error> broken(std::string_view rule, std::string_view table, std::string_view sql) {
    Error error{ErrorCode::internal, fmt::format("The statement {}: {}", rule, sql), {}};
    error.details["rule"] = rule;
    error.details["table"] = table;
    return std::unexpected(std::move(error));
}

void add_with_cascades(const Catalogue& catalogue, const std::string& table, std::vector<std::string>& written) {
    if (contains(written, table)) return;
    written.push_back(table);
    const auto found = catalogue.referencing.find(table);
    if (found == catalogue.referencing.end()) return;
    for (const auto& other : found->second) add_with_cascades(catalogue, other, written);
}

}  // namespace

Result<Statement> read_statement(std::string_view sql) { return Reader(sql).read(); }

void Statements::learn(Catalogue catalogue) {
    const std::scoped_lock hold(mutex_);
    catalogue_ = std::move(catalogue);
    known_.clear();
}

Result<Statements::Pointer> Statements::find(const std::string& sql) {
    const std::scoped_lock hold(mutex_);
    if (const auto known = known_.find(sql); known != known_.end()) return known->second;
    AllowedStatement allowed;
    SLIPWAY_TRY(allowed.statement, read_statement(sql));
    const auto& verb = allowed.statement.verb;
    allowed.reads = contains(kReading, verb) || verb == "with";
    if (!contains(kReading, verb) && !contains(kWriting, verb) && !contains(kChanging, verb))
        return fail(ErrorCode::internal, "Transactions and settings belong to the database adapter: {}", sql);
    for (const auto& word : allowed.statement.words) {
        if (!catalogue_.tables.contains(word)) continue;
        allowed.tables.push_back(word);
        if (catalogue_.of_workspaces.contains(word)) allowed.tenant_table = word;
        if (!contains(kReading, verb)) add_with_cascades(catalogue_, word, allowed.written);
    }
    Pointer pointer = std::make_shared<const AllowedStatement>(std::move(allowed));
    if (known_.size() >= kKnownMax) known_.clear();
    known_.emplace(sql, pointer);
    return pointer;
}

Result<Statements::Pointer> Statements::allow(const Scope& scope, const std::string& sql, std::size_t parameters) {
    SLIPWAY_TRY(auto allowed, find(sql));
    const auto& statement = allowed->statement;
    if (statement.parameters != parameters)
        return fail(ErrorCode::internal, "{} parameters were given where {} are named: {}", parameters,
                    statement.parameters, sql);
    if (scope.workspace()) {
        if (!allowed->tenant_table.empty() && !statement.names_workspace)
            return broken(fmt::format("touches {}, whose rows belong to workspaces, without naming $workspace",
                                      allowed->tenant_table),
                          allowed->tenant_table, sql);
        if (contains(kChanging, statement.verb)) return broken("changes tables inside a workspace", "", sql);
    } else if (statement.names_workspace) {
        return broken("names $workspace, but the scope is the system's", allowed->tenant_table, sql);
    }
    return allowed;
}

}  // namespace slipway::store::postgres
