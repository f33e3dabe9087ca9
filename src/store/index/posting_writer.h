// Changes of posting blocks in a SQLite table.
#pragma once

#include <optional>

#include "store/index/posting_batch.h"
#include "store/sqlite/connection.h"

namespace slipway::store::embedded {

// Works inside the caller's transaction. Quickest when it is given the terms in the order of the table (as bytes), so
// that neighbouring terms find their page in the cache.
class PostingWriter {
 public:
    // Passages from `first_new` on are not in the table: their postings stand behind all others.
    PostingWriter(sqlite::Connection& connection, std::int64_t space, std::uint64_t first_new)
        : connection_(connection), space_(space), first_new_(first_new) {}

    using Changes = std::span<const PostingChange>;

    // In order of passages, each once.
    Result<void> apply(std::string_view term, Changes changes);

 private:
    // The block in which the passage is or belongs; without one an empty block.
    Result<PostingBlock> find_block(std::string_view term, std::uint64_t passage);
    Result<void> append(std::string_view term, const PostingBlock& block, Changes changes);
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
    std::vector<Posting> added_;
    std::optional<sqlite::Statement> before_, behind_, insert_, update_, delete_;
};

}  // namespace slipway::store::embedded
