// Sources that wait until an answer is whole, in one string: half of the room, and one allocation in place of dozens.
#pragma once

#include "knowledge/types.h"

namespace slipway::knowledge {

class PackedSources {
 public:
    PackedSources() = default;
    explicit PackedSources(const std::vector<Source>& sources);
    std::size_t size() const { return count_; }
    std::vector<Source> unpack() const;

 private:
    std::size_t count_ = 0;
    std::string bytes_;
};

}  // namespace slipway::knowledge
