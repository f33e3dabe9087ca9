#include "store/secrets/conformance.h"

namespace slipway::test {
namespace {

Task<void> gives_what_there_is(const SecretsMaker& maker) {
    auto secrets = maker({{"API_KEY", "value-1"}, {"OTHER_KEY", " \"quoted\" ä=$x "}});
    SLIPWAY_CO_TRY(const auto first, co_await secrets->get("API_KEY"));
    SLIPWAY_CO_TRY(const auto second, co_await secrets->get("OTHER_KEY"));
    SLIPWAY_CO_CHECK(expect(first == "value-1", "the value of API_KEY"));
    co_return expect(second == " \"quoted\" ä=$x ", "a value is given byte for byte");
}

Task<void> absent_is_not_an_error(const SecretsMaker& maker) {
    auto secrets = maker({{"API_KEY", "value-1"}});
    for (const char* const name : {"API_KE", "API_KEY2", "api_key"}) {
        SLIPWAY_CO_TRY(const auto value, co_await secrets->get(name));
        SLIPWAY_CO_CHECK(expect(!value, "no value for another name"));
    }
    co_return Result<void>();
}

Task<void> empty_counts_as_absent(const SecretsMaker& maker) {
    auto secrets = maker({{"EMPTY", ""}});
    SLIPWAY_CO_TRY(const auto value, co_await secrets->get("EMPTY"));
    co_return expect(!value, "an empty secret is not set");
}

Task<void> bad_names_are_refused(const SecretsMaker& maker) {
    auto secrets = maker({{"API_KEY", "value-1"}});
    const std::vector<std::string> names{"", "A\nB", std::string("A\0B", 3), std::string(5000, 'A')};
    for (const auto& name : names) {
        const auto value = co_await secrets->get(name);
        SLIPWAY_CO_CHECK(expect_error(value, ErrorCode::invalid, "a name that cannot be one"));
        SLIPWAY_CO_CHECK(expect(value.error().message.find("value-1") == std::string::npos, "no value in a message"));
    }
    co_return Result<void>();
}

constexpr SecretsCheck kChecks[] = {
    {"gives_what_there_is", gives_what_there_is},
    {"absent_is_not_an_error", absent_is_not_an_error},
    {"empty_counts_as_absent", empty_counts_as_absent},
    {"bad_names_are_refused", bad_names_are_refused},
};

}  // namespace

std::span<const SecretsCheck> secrets_checks() { return kChecks; }

std::optional<std::string> failure_of(const SecretsCheck& check, const SecretsMaker& maker) {
    return failure_of_check(check.name, check.run(maker));
}

}  // namespace slipway::test
