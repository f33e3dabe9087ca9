// Changes of posting blocks in a SQLite table: collected for many passages, then applied term by term, so that a block
// is rewritten once however many passages of a call touch it.
#pragma once

#include <optional>
#include <unordered_map>

#include "store/index/postings.h"
#include "store/sqlite/connection.h"

namespace slipway::store::embedded {

// How a passage's posting of one term changes. occurrences 0: it is removed.
struct PostingChange {
    Posting posting;
    bool existed = false;  // it must be there before; if the table disagrees the index is damaged
};

// Works inside the caller's transaction. A passage's posting of a term may change once between two flushes.
class PostingWriter {
 public:
    // Passages from `first_new` on are new: their postings stand behind all others.
    PostingWriter(sqlite::Connection& connection, std::int64_t space, std::uint64_t first_new)
        : connection_(connection), space_(space), first_new_(first_new) {}

    void change(const std::string& term, PostingChange change) { changes_[term].push_back(change); }
    std::size_t waiting() const { return changes_.size(); }
    Result<void> flush();

 private:
    using Changes = std::span<const PostingChange>;

    Result<void> apply(const std::string& term, Changes changes);
    // The block in which the passage is or belongs; without one an empty block.
    Result<PostingBlock> find_block(std::string_view term, std::uint64_t passage);
    Result<std::uint64_t> first_after(std::string_view term, std::uint64_t first);
    Result<std::vector<Posting>> merge(const PostingBlock& block, Changes changes) const;
    Result<void> replace(std::string_view term, const PostingBlock& old, std::span<const PostingBlock> blocks);
    // A statement of this writer, ready to be bound; prepared once, as a flush runs it for each of thousands of terms.
    Result<sqlite::Statement*> statement(std::optional<sqlite::Statement>& kept, std::string_view sql);
    Result<void> write(std::optional<sqlite::Statement>& kept, std::string_view sql, std::string_view term,
                       std::uint64_t first, std::string_view bytes);

    sqlite::Connection& connection_;
    std::int64_t space_;
    std::uint64_t first_new_;
    std::unordered_map<std::string, std::vector<PostingChange>> changes_;
    std::optional<sqlite::Statement> before_, behind_, insert_, update_, delete_;
};

}  // namespace slipway::store::embedded
