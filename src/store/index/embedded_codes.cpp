#include "store/index/embedded_codes.h"

#include <algorithm>
#include <numeric>

namespace slipway::store::embedded {
namespace {

constexpr std::size_t kPart = 1024;     // vectors; the last part is copied when some are added
constexpr std::size_t kGoneFactor = 2;  // codes for each vector that is there, before they are read anew
constexpr std::size_t kSpacesKnownMax = 10'000;

// Those of `known` and what the snapshot has behind it.
Result<std::shared_ptr<const Codes>> extended(sqlite::Connection& connection, const Space& space, std::size_t dimension,
                                              const Codes& known) {
    auto codes = std::make_shared<Codes>(known);
    std::shared_ptr<VectorCodes> last;
    if (!codes->parts.empty() && codes->parts.back()->size() < kPart) {
        last = std::make_shared<VectorCodes>(*codes->parts.back());
        codes->parts.pop_back();
    }
    SLIPWAY_TRY(auto rows, connection.prepare("SELECT passage, vector FROM vectors WHERE passage BETWEEN ?1 AND ?2"));
    rows.bind(1, key_of(space.key, known.number_next)).bind(2, key_of(space.key, kNumberEnd - 1));
    Vector vector(dimension);
    for (;;) {
        SLIPWAY_TRY(const bool row, rows.step());
        if (!row) break;
        if (!from_bytes(rows.blob(1), vector)) return damaged(connection, "a vector has the wrong size");
        if (!last) {
            last = std::make_shared<VectorCodes>(dimension);
            last->reserve(std::min<std::size_t>(kPart, space.statistics.passages));
        }
        last->add(number_of(rows.integer(0)), vector);
        ++codes->count;
        if (last->size() == kPart) codes->parts.push_back(std::exchange(last, nullptr));
    }
    if (last) codes->parts.push_back(std::move(last));
    codes->number_next = space.number_next;
    codes->bytes = 0;
    for (const auto& part : codes->parts) codes->bytes += part->bytes();
    return codes;
}

}  // namespace

Result<std::shared_ptr<const Codes>> KeptCodes::of(sqlite::Connection& connection, const Space& space,
                                                   std::size_t dimension) {
    auto known = begin(space, dimension);
    if (!known || known->number_next >= space.number_next) return known;
    auto codes = extended(connection, space, dimension, *known);
    end(space.key, codes ? *codes : std::move(known));
    return codes;
}

std::shared_ptr<const Codes> KeptCodes::begin(const Space& space, std::size_t dimension) {
    const auto passages = static_cast<std::size_t>(space.statistics.passages);
    if (passages * dimension < limits_.values_min) return nullptr;
    if (VectorCodes::bytes_of(passages, dimension) > limits_.bytes_max) return nullptr;
    const std::lock_guard lock(mutex_);
    if (spaces_.size() >= kSpacesKnownMax && !spaces_.contains(space.key)) return nullptr;
    auto& entry = spaces_[space.key];
    entry.used = ++uses_;
    if (entry.codes->number_next >= space.number_next) return entry.codes;
    if (entry.being_read) return nullptr;
    entry.being_read = true;
    if (entry.codes->count > kGoneFactor * passages) entry.codes = std::make_shared<Codes>();
    return entry.codes;
}

void KeptCodes::end(std::int64_t space, std::shared_ptr<const Codes> codes) {
    const std::lock_guard lock(mutex_);
    auto& entry = spaces_[space];
    entry.being_read = false;
    entry.codes = std::move(codes);
    make_room(space);
}

// The spaces that were not searched for longest go; whoever is searching in them keeps theirs until then.
void KeptCodes::make_room(std::int64_t space) {
    const auto size = [](std::size_t sum, const auto& one) { return sum + one.second.codes->bytes; };
    auto bytes = std::accumulate(spaces_.begin(), spaces_.end(), std::size_t{0}, size);
    while (bytes > limits_.bytes_max) {
        auto oldest = spaces_.end();
        for (auto one = spaces_.begin(); one != spaces_.end(); ++one)
            if (one->first != space && !one->second.being_read &&
                (oldest == spaces_.end() || one->second.used < oldest->second.used))
                oldest = one;
        if (oldest == spaces_.end()) return;
        bytes -= oldest->second.codes->bytes;
        spaces_.erase(oldest);
    }
}

}  // namespace slipway::store::embedded
