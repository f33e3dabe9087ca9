// What one call of a script may use up, and what it has used. One Budget per call; all Lua threads of the call share
// it. Used only on the thread that runs the call.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "app/script/host.h"
#include "app/script/pattern.h"

namespace slipway::app {

enum class ScriptLimit : unsigned char { none, instructions, running_time, memory, output, callback_depth, log_lines };
// The name of the field of ScriptLimits.
std::string_view to_string(ScriptLimit limit);

class Budget final : public StepMeter {
 public:
    explicit Budget(const ScriptLimits& limits) : limits_(limits) {}

    // Work in VM instructions, or in steps that cost about as much. False once a limit is passed, then and ever after:
    // the call is doomed, and everything that could swallow the error raises it again.
    bool charge(std::int64_t steps) noexcept override;
    // Bytes that the call hands out: answers, events, arguments of operations.
    bool charge_output(std::size_t bytes) noexcept;
    bool charge_log_line() noexcept { return log_lines_++ < limits_.log_lines; }

    // Asked by the allocator. False: this call may not grow by so much.
    bool may_grow(std::size_t bytes) noexcept;
    void grown(std::ptrdiff_t bytes) noexcept { memory_ += bytes; }

    void doom(ScriptLimit limit) noexcept {
        if (doomed_ == ScriptLimit::none) doomed_ = limit;
    }
    ScriptLimit doomed() const { return doomed_; }
    std::int64_t instructions_used() const { return instructions_; }

    // Time runs only between these two: what a call waits for is not its work.
    void start_running() noexcept { started_ = std::chrono::steady_clock::now(); }
    void stop_running() noexcept { ran_ += std::chrono::steady_clock::now() - started_; }

    // A WebSocket handler gets a fresh budget with every message that it receives.
    void renew() noexcept;

 private:
    bool check_time() noexcept;

    const ScriptLimits& limits_;
    ScriptLimit doomed_ = ScriptLimit::none;
    std::int64_t instructions_ = 0;
    std::int64_t since_clock_ = 0;
    std::size_t grown_since_clock_ = 0;
    std::ptrdiff_t memory_ = 0;
    std::size_t output_ = 0;
    std::size_t log_lines_ = 0;
    std::chrono::steady_clock::time_point started_{};
    std::chrono::steady_clock::duration ran_{0};
};

}  // namespace slipway::app
