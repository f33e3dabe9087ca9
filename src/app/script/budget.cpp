#include "app/script/budget.h"

namespace slipway::app {
namespace {

// How much work goes by between two looks at the clock.
constexpr std::int64_t kStepsPerClock = 10'000;
// A chain of __call that never ends works only by growing the stack, without an instruction, and four times as long for
// each doubling: so also small growth looks at the clock.
constexpr std::size_t kBytesPerClock = 64 << 10;

}  // namespace

std::string_view to_string(ScriptLimit limit) {
    switch (limit) {
        case ScriptLimit::none:
            return "none";
        case ScriptLimit::instructions:
            return "instructions";
        case ScriptLimit::running_time:
            return "running_time";
        case ScriptLimit::memory:
            return "memory_bytes";
        case ScriptLimit::output:
            return "output_bytes";
        case ScriptLimit::callback_depth:
            return "callback_depth";
        case ScriptLimit::log_lines:
            return "log_lines";
    }
    return "none";
}

bool Budget::charge(std::int64_t steps) noexcept {
    instructions_ += steps;
    since_clock_ += steps;
    if (instructions_ > limits_.instructions) doom(ScriptLimit::instructions);
    if (since_clock_ >= kStepsPerClock) {
        since_clock_ = 0;
        check_time();
    }
    return doomed_ == ScriptLimit::none;
}

bool Budget::check_time() noexcept {
    if (ran_ + (std::chrono::steady_clock::now() - started_) > limits_.running_time) doom(ScriptLimit::running_time);
    return doomed_ == ScriptLimit::none;
}

bool Budget::charge_output(std::size_t bytes) noexcept {
    output_ += bytes;
    if (output_ > limits_.output_bytes) doom(ScriptLimit::output);
    return doomed_ == ScriptLimit::none;
}

// Copies of large texts take long and count few instructions, and a collection before each refusal takes longer still:
// so the clock is asked here too.
bool Budget::may_grow(std::size_t bytes) noexcept {
    // What others left behind and this call saw collected is no credit beyond the limit.
    const auto used = memory_ < 0 ? 0 : static_cast<std::size_t>(memory_);
    const bool fits = used <= limits_.memory_bytes && bytes <= limits_.memory_bytes - used;
    grown_since_clock_ += bytes;
    if (!fits || grown_since_clock_ >= kBytesPerClock) {
        grown_since_clock_ = 0;
        if (!check_time()) return false;
    }
    return fits;
}

void Budget::renew() noexcept {
    if (doomed_ != ScriptLimit::none) return;
    instructions_ = 0;
    since_clock_ = 0;
    memory_ = 0;
    output_ = 0;
    log_lines_ = 0;
    ran_ = {};
    started_ = std::chrono::steady_clock::now();
}

}  // namespace slipway::app
