// Lua patterns, matched by our own code, because Lua's matcher cannot be interrupted: a pattern such as ("a*"):rep(20)
// .. "b" runs for hours inside one C function, where the instruction hook never comes. This one asks a meter as it
// goes.
//
// The syntax is that of the Lua 5.4 manual, section 6.4.1, whole: classes, sets, quantifiers * + - ?, captures,
// position captures, back references %1, balances %bxy, frontiers %f[set], anchors. tests/app/script/pattern_test.cpp
// compares with the linked Lua.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace slipway::app {

inline constexpr int kPatternCapturesMax = 32;
inline constexpr int kPatternDepthMax = 200;  // nested alternatives on the C stack

// Told about work done, in steps comparable to VM instructions; false once the limit is passed.
class StepMeter {
 public:
    virtual ~StepMeter() = default;
    virtual bool charge(std::int64_t steps) noexcept = 0;
};

// Thrown out of a match when its meter says so.
struct StepsExhausted {};

// What is wrong with a pattern; the text is that of Lua.
struct PatternError {
    std::string message;
};

struct PatternCapture {
    std::size_t begin = 0;
    std::ptrdiff_t length = 0;  // or one of the two below
};
inline constexpr std::ptrdiff_t kCaptureOpen = -1;
inline constexpr std::ptrdiff_t kCapturePosition = -2;

// One pattern applied to one subject. Throws PatternError for a malformed pattern, StepsExhausted by its meter.
class PatternMatch {
 public:
    PatternMatch(std::string_view subject, std::string_view pattern, StepMeter& meter);
    ~PatternMatch() { meter_.charge(steps_); }
    PatternMatch(const PatternMatch&) = delete;
    PatternMatch& operator=(const PatternMatch&) = delete;

    // Tries to match exactly at `start`; the end of the match, or npos.
    std::size_t match_at(std::size_t start);

    static constexpr std::size_t npos = static_cast<std::size_t>(-1);
    int captures() const { return level_; }
    // Throws PatternError for an unfinished capture.
    const PatternCapture& capture(int index) const;

 private:
    std::size_t match(std::size_t at, std::size_t item);
    std::size_t match_special(std::size_t at, std::size_t item, bool& handled);
    std::size_t match_repeated(std::size_t at, std::size_t item, std::size_t item_end, bool& go_on);
    std::size_t expand_most(std::size_t at, std::size_t item, std::size_t item_end);
    std::size_t expand_least(std::size_t at, std::size_t item, std::size_t item_end);
    std::size_t open_capture(std::size_t at, std::size_t item, std::ptrdiff_t kind);
    std::size_t close_capture(std::size_t at, std::size_t item);
    std::size_t match_balance(std::size_t at, std::size_t item);
    bool frontier(std::size_t at, std::size_t set, std::size_t set_end);
    std::size_t match_back_reference(std::size_t at, unsigned char digit);
    std::size_t item_end(std::size_t item) const;
    bool matches_one(std::size_t at, std::size_t item, std::size_t item_end);
    bool in_set(unsigned char byte, std::size_t set, std::size_t closing);
    void step(std::int64_t steps = 1);

    std::string_view subject_;
    std::string_view pattern_;
    StepMeter& meter_;
    std::int64_t steps_ = 0;
    int depth_ = 0;
    int level_ = 0;
    std::array<PatternCapture, kPatternCapturesMax> captures_{};
};

// No character of the pattern is special, so that a plain search does.
bool is_plain_pattern(std::string_view pattern);

}  // namespace slipway::app
