// The codes of vectors (vector_codes.h) of spaces that were searched lately, in memory, so that a search reads only the
// vectors that may be near.
//
// A number of a passage stands for one vector for ever (embedded_write.cpp), and a space's key is never given twice
// while the file is open (make_space). So codes never become wrong: what was written since has larger numbers and is
// added by the next search, what was erased has no row any more and is passed over.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "store/index/embedded_catalog.h"
#include "store/index/vector_codes.h"

namespace slipway::store::embedded {

struct CodeLimits {
    std::size_t bytes_max = 256 << 20;   // of all spaces together; of a larger space every vector is read
    std::size_t values_min = 1'000'000;  // numbers of vectors of a space from which on it is worth it
};

// Parts are full but for the last one, and never change.
struct Codes {
    std::vector<std::shared_ptr<const VectorCodes>> parts;
    std::uint64_t number_next = 0;  // all passages before it were seen
    std::size_t count = 0, bytes = 0;
};

// Thread safe.
class KeptCodes {
 public:
    explicit KeptCodes(CodeLimits limits) : limits_(limits) {}

    // All that the space's vectors are in this snapshot, and perhaps others; nullptr when they are not kept: too few,
    // too many, or somebody else is just reading them. Errors are those of the connection.
    Result<std::shared_ptr<const Codes>> of(sqlite::Connection& connection, const Space& space, std::size_t dimension);

 private:
    struct Entry {
        std::shared_ptr<const Codes> codes = std::make_shared<Codes>();
        bool being_read = false;
        std::uint64_t used = 0;
    };
    // What is kept of the space, for whoever adds the rest; nullptr when nobody may now.
    std::shared_ptr<const Codes> begin(const Space& space, std::size_t dimension);
    void end(std::int64_t space, std::shared_ptr<const Codes> codes);
    void make_room(std::int64_t space);

    CodeLimits limits_;
    std::mutex mutex_;
    std::map<std::int64_t, Entry> spaces_;
    std::uint64_t uses_ = 0;
};

}  // namespace slipway::store::embedded
