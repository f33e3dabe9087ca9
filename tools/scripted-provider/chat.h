// A chat completion as the script wants it, whole or in chunks.
#pragma once

#include <memory>

#include "record.h"
#include "script.h"

namespace slipway::scripted {

struct ChatJob {
    Behaviour behaviour;
    std::string model;
    std::string answer;
    std::int64_t prompt_tokens = 0;
    bool include_usage = false;
    std::shared_ptr<Entry> entry;
};

net::Response plain_answer(ChatJob job);
net::Response streamed_answer(ChatJob job);

}  // namespace slipway::scripted
