#include "store/index/posting_writer.h"

#include <algorithm>
#include <limits>

#include "store/index/embedded_catalog.h"

namespace slipway::store::embedded {
namespace {

constexpr std::uint64_t kEnd = std::numeric_limits<std::int64_t>::max();

std::uint64_t passage_of(const PostingChange& change) { return change.posting.passage; }
bool is_addition(const PostingChange& change) { return !change.existed && change.posting.occurrences > 0; }

}  // namespace

Result<void> PostingWriter::apply(std::string_view term, Changes changes) {
    while (!changes.empty()) {
        const auto passage = passage_of(changes.front());
        SLIPWAY_TRY(const auto block, find_block(term, passage));
        if (passage >= first_new_ && std::ranges::all_of(changes, is_addition)) return append(term, block, changes);
        auto end = kEnd;
        if (changes.size() > 1 && passage < first_new_ && !block.bytes.empty()) {
            SLIPWAY_TRY(end, first_after(term, std::max(block.first, passage)));
        }
        const auto here =
            static_cast<std::size_t>(std::ranges::lower_bound(changes, end, {}, passage_of) - changes.begin());
        SLIPWAY_TRY(const auto postings, merge(block, changes.first(here)));
        SLIPWAY_CHECK(replace(term, block, encode(postings)));
        changes = changes.subspan(here);
    }
    return {};
}

// What most of a merge is: postings of new passages, behind all others of their term.
Result<void> PostingWriter::append(std::string_view term, const PostingBlock& block, Changes changes) {
    added_.clear();
    for (const auto& change : changes) added_.push_back(change.posting);
    const auto blocks = extended(block, added_);
    if (!blocks) return damaged(connection_, "the postings of a passage are not those of its text");
    return replace(term, block, *blocks);
}

Result<sqlite::Statement*> PostingWriter::statement(std::optional<sqlite::Statement>& kept, std::string_view sql) {
    if (kept) {
        kept->reset();
    } else {
        SLIPWAY_TRY(kept, connection_.prepare(sql));
    }
    return &*kept;
}

Result<PostingBlock> PostingWriter::find_block(std::string_view term, std::uint64_t passage) {
    const auto find = [&](std::optional<sqlite::Statement>& kept,
                          std::string_view sql) -> Result<std::optional<PostingBlock>> {
        SLIPWAY_TRY(auto* const rows, statement(kept, sql));
        rows->bind(1, space_).bind(2, term).bind(3, passage);
        SLIPWAY_TRY(const bool found, rows->step());
        std::optional<PostingBlock> block;
        if (found) block.emplace(static_cast<std::uint64_t>(rows->integer(0)), std::string(rows->blob(1)));
        rows->reset();
        return block;
    };
    SLIPWAY_TRY(auto block, find(before_,
                                 "SELECT first, bytes FROM postings WHERE space = ?1 AND term = ?2 "
                                 "AND first <= ?3 ORDER BY first DESC LIMIT 1"));
    if (!block && passage < first_new_) {  // behind a new passage stands nothing
        SLIPWAY_TRY(block, find(behind_,
                                "SELECT first, bytes FROM postings WHERE space = ?1 AND term = ?2 "
                                "AND first > ?3 ORDER BY first LIMIT 1"));
    }
    return block ? *std::move(block) : PostingBlock{passage, {}};
}

Result<std::uint64_t> PostingWriter::first_after(std::string_view term, std::uint64_t first) {
    SLIPWAY_TRY(auto statement,
                connection_.prepare("SELECT first FROM postings WHERE space = ?1 AND term = ?2 AND first > ?3 "
                                    "ORDER BY first LIMIT 1"));
    statement.bind(1, space_).bind(2, term).bind(3, first);
    SLIPWAY_TRY(const bool found, statement.step());
    return found ? static_cast<std::uint64_t>(statement.integer(0)) : kEnd;
}

Result<std::vector<Posting>> PostingWriter::merge(const PostingBlock& block, Changes changes) const {
    std::vector<Posting> before;
    if (!block.bytes.empty()) {
        auto decoded = decode(block);
        if (!decoded) return damaged(connection_, "a block of postings cannot be read");
        before = *std::move(decoded);
    }
    auto after = changed(before, changes);
    if (!after) return damaged(connection_, "the postings of a passage are not those of its text");
    return *std::move(after);
}

Result<void> PostingWriter::replace(std::string_view term, const PostingBlock& old,
                                    std::span<const PostingBlock> blocks) {
    const bool has_old = !old.bytes.empty();
    const bool keeps_key = has_old && !blocks.empty() && blocks.front().first == old.first;
    if (has_old && !keeps_key) {
        SLIPWAY_CHECK(
            write(delete_, "DELETE FROM postings WHERE space = ?1 AND term = ?2 AND first = ?3", term, old.first, {}));
    }
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const bool stays = i == 0 && keeps_key;
        const auto sql = stays ? "UPDATE postings SET bytes = ?4 WHERE space = ?1 AND term = ?2 AND first = ?3"
                               : "INSERT INTO postings(space, term, first, bytes) VALUES(?1, ?2, ?3, ?4)";
        SLIPWAY_CHECK(write(stays ? update_ : insert_, sql, term, blocks[i].first, blocks[i].bytes));
    }
    return {};
}

Result<void> PostingWriter::write(std::optional<sqlite::Statement>& kept, std::string_view sql, std::string_view term,
                                  std::uint64_t first, std::string_view bytes) {
    SLIPWAY_TRY(auto* const change, statement(kept, sql));
    change->bind(1, space_).bind(2, term).bind(3, first);
    if (change->parameter_count() > 3) change->bind_blob(4, bytes);
    return change->run();
}

}  // namespace slipway::store::embedded
