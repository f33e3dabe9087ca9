// Changes of postings that wait to be merged into the table of posting blocks. A text of a few pages has thousands of
// terms; to look each of them up in the table takes most of the time of indexing it. So a call leaves its changes as
// one row of bytes, and many rows are merged at once, each term in one step for all of them (embedded_merge.h). A
// search adds what waits to what the table holds.
//
// The bytes of a batch: a directory, then its entries in order of terms (as bytes). The directory: how many numbers
// follow, then where every 32nd entry begins, counted from the first; all as 32 bits, lowest byte first. An entry: the
// term and the changes, each with its length before it. A change: the distance of the passage's number to the one
// before (0 for the first), 2·occurrences + 1 when the posting existed before, and, unless the occurrences are 0, the
// length of the passage. Numbers as in varint.h.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "store/index/postings.h"

namespace slipway::store {

// How a passage's posting of one term changes. occurrences 0: it is removed.
struct PostingChange {
    Posting posting;
    bool existed = false;  // it must be there before; if the table disagrees the index is damaged

    bool operator==(const PostingChange&) const = default;
};

// The first eight bytes of a term as a number that sorts as they do: most comparisons need no more.
std::uint64_t prefix_of(std::string_view term);

// What one call changes, collected in any order. The terms must outlive it.
class PostingChanges {
 public:
    PostingChanges() = default;
    // `terms`: each once, in order of bytes. Changes that name a term by its place among them need not be sorted.
    explicit PostingChanges(std::span<const std::string> terms) : terms_(terms) {}

    // A posting (a term in a passage) may change once.
    void add(std::string_view term, PostingChange change) { all_.push_back({prefix_of(term), term, change}); }
    void reserve(std::size_t changes) { placed_.reserve(changes); }
    void add_at(std::uint32_t place, PostingChange change) { placed_.push_back({place, change}); }
    bool empty() const { return all_.empty() && placed_.empty(); }
    // The bytes of a batch; sorts what was collected.
    std::string encode();

 private:
    struct Change {
        std::uint64_t prefix;
        std::string_view term;
        PostingChange change;
    };
    struct Placed {
        std::uint32_t place;
        PostingChange change;
    };
    std::string encode_sorted();
    std::string encode_placed();

    std::span<const std::string> terms_;
    std::vector<Placed> placed_;
    std::vector<Change> all_;
};

// Reads a batch; bytes that make no sense end it and are reported, never read past.
class BatchReader {
 public:
    struct Entry {
        std::string_view term, changes;  // of the batch's bytes
    };

    explicit BatchReader(std::string_view bytes);
    // Entry by entry, in order of terms. False at the end, and when the bytes are damaged.
    bool next(Entry& entry);
    // The changes of one term; nullopt when there are none. Independent of next().
    std::optional<std::string_view> find(std::string_view term);
    bool is_damaged() const { return damaged_; }

 private:
    bool read(std::size_t& at, Entry& entry);
    std::size_t start_of(std::size_t part) const;

    std::string_view directory_, entries_;
    std::size_t at_ = 0;
    bool damaged_ = false;
};

// Appends the changes of an entry; false when the bytes are damaged.
bool decode_changes(std::string_view bytes, std::vector<PostingChange>& changes);

// Changes of one term from several batches, older before newer, become one for each passage, in order of passages.
void combine(std::vector<PostingChange>& changes);

// The postings after the changes, both in order of passages; nullopt when one is there that should not be, or the other
// way round.
std::optional<std::vector<Posting>> changed(std::span<const Posting> postings, std::span<const PostingChange> changes);

// The blocks of one term, all of them or one, after the changes: those from the first change on are made anew. nullopt
// as in changed(), and when a block is damaged.
std::optional<std::vector<PostingBlock>> changed_blocks(std::vector<PostingBlock> blocks,
                                                        std::span<const PostingChange> changes);

// All entries of several batches, each term's together, older batches first.
class BatchEntries {
 public:
    // The bytes must outlive it. Call once for each batch, oldest first.
    void add(std::string_view batch);
    // Calls `use(term, changes)` in order of terms, with combined changes; ends early with the first error, and when
    // bytes turn out to be damaged.
    template <typename Use>
    auto for_each(Use use) -> decltype(use(std::string_view(), std::span<const PostingChange>()));
    // Of what add() and for_each() have read.
    bool is_damaged() const { return damaged_; }

 private:
    struct Entry {
        std::string_view changes;
        std::uint32_t next;  // of the same term, from a later batch; kNone for the last
    };
    struct TermEntries {
        std::uint64_t prefix;
        std::string_view term;
        std::uint32_t first, last;  // of entries_
    };
    static constexpr std::uint32_t kNone = 0xFFFF'FFFF;
    void sort();

    std::vector<Entry> entries_;
    std::vector<TermEntries> terms_;
    boost::unordered_flat_map<std::string_view, std::uint32_t, std::hash<std::string_view>> known_;  // where in terms_
    bool damaged_ = false;
};

template <typename Use>
auto BatchEntries::for_each(Use use) -> decltype(use(std::string_view(), std::span<const PostingChange>())) {
    sort();
    std::vector<PostingChange> changes;
    for (const auto& term : terms_) {
        changes.clear();
        for (auto at = term.first; at != kNone; at = entries_[at].next)
            damaged_ |= !decode_changes(entries_[at].changes, changes);
        if (damaged_) break;
        combine(changes);
        if (auto used = use(term.term, std::span<const PostingChange>(changes)); !used) return used;
    }
    return {};
}

}  // namespace slipway::store
