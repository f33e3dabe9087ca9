// A document's row before and while one is at work on it. Internal to this room.
#pragma once

#include "knowledge/service.h"

namespace slipway::knowledge {

struct Knowledge::Known {
    Document document;
    std::int64_t dirty = 0;
};

struct Knowledge::Claim {
    Document row;            // as it was, or as it was made
    bool exists = false;     // it was there before
    std::int64_t dirty = 0;  // before
    Hold hold;
};

}  // namespace slipway::knowledge
