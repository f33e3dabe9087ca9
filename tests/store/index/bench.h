// The work bench of a check: an index on a fresh folder, its calls without coroutines, and failures as exceptions
// inside the suite.
#pragma once

#include <map>

#include <fmt/format.h>

#include "base/crypto.h"
#include "store/index/conformance.h"

namespace slipway::store::conformance {

struct Failure {
    std::string text;
};

template <typename... Arguments>
void expect(bool good, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    if (!good) throw Failure{fmt::format(format, std::forward<Arguments>(arguments)...)};
}

inline const WorkspaceId kFirst{"workspace-a"}, kSecond{"workspace-b"};

class Bench {
 public:
    explicit Bench(const OpenIndex& open);
    ~Bench();
    Bench(const Bench&) = delete;

    Index& index() { return *index_; }
    const std::string& collection() const { return collection_; }
    void reopen();

    void ensure(CollectionOptions options = {});
    void upsert(std::vector<Passage> passages, const WorkspaceId& workspace = kFirst);
    std::size_t erase(std::vector<std::string> ids, const WorkspaceId& workspace = kFirst);
    std::size_t erase_where(Filter filter, const WorkspaceId& workspace = kFirst);
    std::vector<Hit> search(Query query, const WorkspaceId& workspace = kFirst);
    std::vector<Hit> search(std::string_view text, const WorkspaceId& workspace = kFirst);
    std::vector<std::string> scroll(Filter filter = {}, std::size_t page = 1000, const WorkspaceId& workspace = kFirst);
    std::uint64_t count(Filter filter = {}, const WorkspaceId& workspace = kFirst);
    // The code with which the call is refused; fails the check when it is not.
    template <typename T>
    ErrorCode refused(Task<T> task, std::string_view what) {
        auto result = run_to_end(std::move(task));
        expect(!result, "{} was accepted", what);
        expect(!result.error().message.empty(), "{} was refused without a message", what);
        return result.error().code;
    }

 private:
    OpenIndex open_;
    std::filesystem::path folder_;
    std::string collection_;
    std::unique_ptr<Index> index_;
};

template <typename T>
T value_of(Task<T> task, std::string_view what) {
    auto result = run_to_end(std::move(task));
    if (!result) throw Failure{fmt::format("{} failed: {}", what, result.error().message)};
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// Runs a check on a bench, with what it throws turned into an answer.
template <void (*check)(Bench&)>
std::optional<std::string> run_check(const OpenIndex& open) {
    try {
        Bench bench(open);
        check(bench);
        return std::nullopt;
    } catch (const Failure& failure) {
        return failure.text;
    } catch (const std::exception& error) {
        return fmt::format("an exception came out: {}", error.what());
    }
}

std::vector<std::string> ids_of(const std::vector<Hit>& hits);
std::string listed(std::vector<std::string> ids);

// What the port promises, computed plainly from all passages of one workspace.
using Model = std::map<std::string, Passage>;
struct Expected {
    std::map<std::string, double> scores;  // of every passage that matches
};
Expected expected_text(const Model& model, const Query& query, std::string_view language = "english");
Expected expected_vector(const Model& model, const Query& query, Metric metric);
// Fails unless the hits are the best of what is expected, in order, with these scores.
void expect_hits(const std::vector<Hit>& hits, const Expected& expected, std::size_t limit, std::string_view what);
std::vector<std::string> matching_ids(const Model& model, const Filter& filter);

// Words of a small vocabulary, frequent ones first, from a seed.
std::string random_text(std::uint64_t seed, std::size_t words);
Passage random_passage(std::uint64_t seed, std::string id, std::size_t dimension);
Vector random_vector(std::uint64_t seed, std::size_t dimension);
std::vector<Filter> many_filters();

}  // namespace slipway::store::conformance
