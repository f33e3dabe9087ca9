#include "agent/condition.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace slipway::agent {
namespace {

constexpr std::array<std::string_view, 5> kFields{"intent", "confidence", "passages", "namespaces", "refused"};

std::optional<double> number_of(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

}  // namespace

Result<Condition> Condition::parse(std::string_view text) {
    Condition condition;
    text = trim(text);
    if (text.empty()) return condition;
    struct Symbol {
        std::string_view text;
        Operator value;
    };
    constexpr std::array<Symbol, 6> kSymbols{{{"==", Operator::equal},
                                              {"!=", Operator::different},
                                              {"<=", Operator::less_equal},
                                              {">=", Operator::greater_equal},
                                              {"<", Operator::less},
                                              {">", Operator::greater}}};
    for (const auto& symbol : kSymbols) {
        const auto at = text.find(symbol.text);
        if (at == std::string_view::npos) continue;
        condition.field_ = std::string(trim(text.substr(0, at)));
        condition.text_ = std::string(trim(text.substr(at + symbol.text.size())));
        condition.operator_ = symbol.value;
        break;
    }
    if (condition.operator_ == Operator::always || std::ranges::find(kFields, condition.field_) == kFields.end())
        return fail(
            ErrorCode::invalid,
            "'{}' is not a condition; write FIELD OPERATOR VALUE with a field of {} and one of == != < <= > >=.", text,
            fmt::join(kFields, ", "));
    const auto number = number_of(condition.text_);
    const bool textual = condition.field_ == "intent" || condition.field_ == "refused";
    const bool ordered = condition.operator_ != Operator::equal && condition.operator_ != Operator::different;
    if (textual && ordered)
        return fail(ErrorCode::invalid, "'{}': {} can only be compared with == and !=.", text, condition.field_);
    if (!textual && !number)
        return fail(ErrorCode::invalid, "'{}': {} is compared with a number.", text, condition.field_);
    condition.number_ = number.value_or(0);
    return condition;
}

bool Condition::holds(const State& state) const {
    if (operator_ == Operator::always) return true;
    if (field_ == "intent" || field_ == "refused") {
        const std::string_view value = field_ == "intent" ? std::string_view(state.intent)
                                       : state.refused    ? "true"
                                                          : "false";
        return (value == text_) == (operator_ == Operator::equal);
    }
    const double value = field_ == "confidence" ? state.confidence
                         : field_ == "passages" ? static_cast<double>(state.sources.size() + state.packed.size())
                                                : static_cast<double>(state.namespaces.size());
    switch (operator_) {
        case Operator::equal:
            return value == number_;
        case Operator::different:
            return value != number_;
        case Operator::less:
            return value < number_;
        case Operator::less_equal:
            return value <= number_;
        case Operator::greater:
            return value > number_;
        case Operator::greater_equal:
            return value >= number_;
        case Operator::always:
            break;
    }
    return true;
}

}  // namespace slipway::agent
