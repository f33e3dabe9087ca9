// First line: a Lua pattern; the rest: the subject. It ends within its budget, and a match lies inside the subject.
#include "app/script/pattern.h"
#include "target.h"

namespace {

class Budget final : public slipway::app::StepMeter {
 public:
    bool charge(std::int64_t steps) noexcept override { return (left_ -= steps) > 0; }

 private:
    std::int64_t left_ = 200'000;
};

}  // namespace

SLIPWAY_FUZZ_TARGET(lua_pattern) {
    using namespace slipway;
    const auto [pattern, subject] = fuzz::split_line(input);
    Budget budget;
    static_cast<void>(app::is_plain_pattern(pattern));
    try {
        for (std::size_t start = 0; start <= subject.size(); ++start) {
            app::PatternMatch match(subject, pattern, budget);
            const auto end = match.match_at(start);
            if (end == app::PatternMatch::npos) continue;
            fuzz::require(end >= start && end <= subject.size(), "a match lies inside the subject");
            fuzz::require(match.captures() <= app::kPatternCapturesMax, "captures are limited");
            for (int i = 0; i < match.captures(); ++i) {
                const auto& capture = match.capture(i);
                const auto length = capture.length < 0 ? 0 : static_cast<std::size_t>(capture.length);
                fuzz::require(capture.begin + length <= subject.size(), "captures lie inside the subject");
            }
        }
    } catch (const app::PatternError&) {
    } catch (const app::StepsExhausted&) {
    }
}
