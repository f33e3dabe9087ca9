#include "store/index/posting_batch.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <map>
#include <numeric>
#include <tuple>

#include "store/index/varint.h"

namespace slipway::store {
namespace {

constexpr std::size_t kEntriesInPart = 32;  // between two places that the directory names
constexpr std::size_t kPlaceBytes = 4;

void append_place(std::string& bytes, std::size_t place) {
    for (std::size_t i = 0; i < kPlaceBytes; ++i) bytes += static_cast<char>(place >> (8 * i));
}

std::size_t place_at(std::string_view bytes, std::size_t at) {
    std::size_t place = 0;
    for (std::size_t i = 0; i < kPlaceBytes; ++i)
        place |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
    return place;
}

void append_change(std::string& bytes, const PostingChange& change, std::uint64_t before) {
    const auto& posting = change.posting;
    append_number(bytes, posting.passage - before);
    append_number(bytes, posting.occurrences * 2 + (change.existed ? 1 : 0));
    if (posting.occurrences > 0) append_number(bytes, posting.length);
}

// A batch, entry by entry in order of terms.
class BatchBytes {
 public:
    void add(const PostingChange& change) {
        append_change(changes_, change, before_);
        before_ = change.posting.passage;
    }
    // What was added are the changes of this term.
    void end_entry(std::string_view term) {
        if (count_++ % kEntriesInPart == 0) append_place(directory_, entries_.size());
        append_number(entries_, term.size());
        entries_ += term;
        append_number(entries_, changes_.size());
        entries_ += changes_;
        changes_.clear();
        before_ = 0;
    }
    std::string finish() const {
        std::string bytes;
        bytes.reserve(kPlaceBytes + directory_.size() + entries_.size());
        append_place(bytes, directory_.size() / kPlaceBytes);
        return bytes.append(directory_).append(entries_);
    }

 private:
    std::string directory_, entries_, changes_;
    std::uint64_t before_ = 0;  // passage of the change before
    std::size_t count_ = 0;
};

const unsigned char* begin_of(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

}  // namespace

std::uint64_t prefix_of(std::string_view term) {
    std::uint64_t prefix = 0;
    std::memcpy(&prefix, term.data(), std::min(term.size(), sizeof prefix));
    if constexpr (std::endian::native == std::endian::little) prefix = std::byteswap(prefix);
    return prefix;
}

std::string PostingChanges::encode() {
    if (all_.empty()) return encode_placed();
    for (const auto& [place, change] : placed_) add(terms_[place], change);
    placed_.clear();
    return encode_sorted();
}

std::string PostingChanges::encode_sorted() {
    std::ranges::sort(all_, [](const Change& a, const Change& b) {
        return std::tie(a.prefix, a.term, a.change.posting.passage) <
               std::tie(b.prefix, b.term, b.change.posting.passage);
    });
    BatchBytes bytes;
    for (std::size_t i = 0; i < all_.size();) {
        const auto term = all_[i].term;
        for (; i < all_.size() && all_[i].term == term; ++i) bytes.add(all_[i].change);
        bytes.end_entry(term);
    }
    return bytes.finish();
}

// Each term's changes together by counting, in the order in which they came, which mostly is that of the passages.
std::string PostingChanges::encode_placed() {
    std::vector<std::uint32_t> begins(terms_.size() + 1);
    for (const auto& [place, change] : placed_) ++begins[place + 1];
    std::partial_sum(begins.begin(), begins.end(), begins.begin());
    std::vector<const PostingChange*> sorted(placed_.size());
    auto ends = begins;
    for (const auto& [place, change] : placed_) sorted[ends[place]++] = &change;
    BatchBytes bytes;
    for (std::size_t term = 0; term < terms_.size(); ++term) {
        const auto of_term = std::span(sorted).subspan(begins[term], begins[term + 1] - begins[term]);
        const auto passage = [](const PostingChange* change) { return change->posting.passage; };
        if (of_term.empty()) continue;
        if (!std::ranges::is_sorted(of_term, {}, passage)) std::ranges::sort(of_term, {}, passage);
        for (const auto* const change : of_term) bytes.add(*change);
        bytes.end_entry(terms_[term]);
    }
    return bytes.finish();
}

BatchReader::BatchReader(std::string_view bytes) {
    const auto places = bytes.size() < kPlaceBytes ? std::numeric_limits<std::size_t>::max() : place_at(bytes, 0);
    damaged_ = places > bytes.size() / kPlaceBytes || (places + 1) * kPlaceBytes > bytes.size();
    if (damaged_) return;
    directory_ = bytes.substr(kPlaceBytes, places * kPlaceBytes);
    entries_ = bytes.substr((places + 1) * kPlaceBytes);
}

bool BatchReader::read(std::size_t& at, Entry& entry) {
    const auto* const end = begin_of(entries_) + entries_.size();
    const auto* position = begin_of(entries_) + at;
    for (auto* const part : {&entry.term, &entry.changes}) {
        std::uint64_t size = 0;
        if (!read_number(position, end, size) || size > static_cast<std::uint64_t>(end - position)) {
            damaged_ = true;
            return false;
        }
        *part = entries_.substr(static_cast<std::size_t>(position - begin_of(entries_)), size);
        position += size;
    }
    at = static_cast<std::size_t>(position - begin_of(entries_));
    return true;
}

bool BatchReader::next(Entry& entry) { return !damaged_ && at_ < entries_.size() && read(at_, entry); }

std::size_t BatchReader::start_of(std::size_t part) const { return place_at(directory_, part * kPlaceBytes); }

std::optional<std::string_view> BatchReader::find(std::string_view term) {
    Entry entry;
    std::size_t low = 0, high = directory_.size() / kPlaceBytes;  // the part's first term: low's ≤ term < high's
    while (low < high) {
        const auto middle = low + (high - low) / 2;
        auto at = start_of(middle);
        if (damaged_ = damaged_ || at >= entries_.size(); damaged_ || !read(at, entry)) return std::nullopt;
        if (entry.term <= term)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0) return std::nullopt;
    auto at = start_of(low - 1);
    for (std::size_t i = 0; i < kEntriesInPart && at < entries_.size(); ++i) {
        if (!read(at, entry)) return std::nullopt;
        if (entry.term == term) return entry.changes;
        if (entry.term > term) break;
    }
    return std::nullopt;
}

bool decode_changes(std::string_view bytes, std::vector<PostingChange>& changes) {
    const auto* at = begin_of(bytes);
    const auto* const end = at + bytes.size();
    for (std::uint64_t passage = 0; at != end;) {
        PostingChange change;
        std::uint64_t distance = 0, occurrences = 0;
        if (!read_number(at, end, distance) || !read_number(at, end, occurrences)) return false;
        change.posting.passage = passage += distance;
        change.posting.occurrences = occurrences >> 1;
        change.existed = (occurrences & 1) != 0;
        if (change.posting.occurrences > 0 && !read_number(at, end, change.posting.length)) return false;
        changes.push_back(change);
    }
    return true;
}

void combine(std::vector<PostingChange>& changes) {
    const auto not_before = [](const PostingChange& a, const PostingChange& b) {
        return a.posting.passage >= b.posting.passage;
    };
    if (std::ranges::adjacent_find(changes, not_before) == changes.end()) return;
    std::map<std::uint64_t, PostingChange> of_passage;
    for (const auto& change : changes) {
        const auto [known, is_first] = of_passage.try_emplace(change.posting.passage, change);
        if (!is_first) known->second.posting = change.posting;
    }
    changes.clear();
    for (const auto& [passage, change] : of_passage)
        if (change.existed || change.posting.occurrences > 0) changes.push_back(change);
}

std::optional<std::vector<Posting>> changed(std::span<const Posting> postings, std::span<const PostingChange> changes) {
    std::vector<Posting> after;
    after.reserve(postings.size() + changes.size());
    auto old = postings.begin();
    for (const auto& [posting, existed] : changes) {
        while (old != postings.end() && old->passage < posting.passage) after.push_back(*old++);
        const bool exists = old != postings.end() && old->passage == posting.passage;
        if (exists != existed) return std::nullopt;
        if (exists) ++old;
        if (posting.occurrences > 0) after.push_back(posting);
    }
    after.insert(after.end(), old, postings.end());
    return after;
}

std::optional<std::vector<PostingBlock>> changed_blocks(std::vector<PostingBlock> blocks,
                                                        std::span<const PostingChange> changes) {
    if (changes.empty()) return blocks;
    const auto behind = std::ranges::upper_bound(blocks, changes.front().posting.passage, {}, &PostingBlock::first);
    const auto touched = behind == blocks.begin() ? behind : std::prev(behind);
    std::vector<Posting> postings;
    for (auto block = touched; block != blocks.end(); ++block) {
        const auto decoded = decode(*block);
        if (!decoded) return std::nullopt;
        postings.insert(postings.end(), decoded->begin(), decoded->end());
    }
    const auto after = changed(postings, changes);
    if (!after) return std::nullopt;
    blocks.erase(touched, blocks.end());
    std::ranges::move(encode(*after), std::back_inserter(blocks));
    return blocks;
}

void BatchEntries::add(std::string_view batch) {
    BatchReader reader(batch);
    for (BatchReader::Entry entry; reader.next(entry);) {
        const auto place = static_cast<std::uint32_t>(entries_.size());
        entries_.push_back({entry.changes, kNone});
        const auto [known, is_new] = known_.try_emplace(entry.term, static_cast<std::uint32_t>(terms_.size()));
        if (is_new) {
            terms_.push_back({prefix_of(entry.term), entry.term, place, place});
        } else {
            auto& term = terms_[known->second];
            entries_[term.last].next = place;
            term.last = place;
        }
    }
    damaged_ |= reader.is_damaged();
}

void BatchEntries::sort() {
    known_.clear();  // it names places
    std::ranges::sort(terms_, [](const TermEntries& a, const TermEntries& b) {
        return std::tie(a.prefix, a.term) < std::tie(b.prefix, b.term);
    });
}

}  // namespace slipway::store
