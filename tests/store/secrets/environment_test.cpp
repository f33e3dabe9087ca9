#include "store/secrets/environment.h"

#include <fstream>

#include <gtest/gtest.h>

#include "base/text.h"
#include "store/secrets/conformance.h"
#include "store/temporary_folder.h"

namespace slipway::test {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

std::unique_ptr<store::Secrets> from_environment(Values values) {
    return store::environment_secrets(Environment(std::move(values)));
}

TEST(EnvironmentSecrets, PassesTheConformanceSuite) {
    for (const auto& check : secrets_checks())
        EXPECT_EQ(failure_of(check, from_environment).value_or(""), "") << check.name;
}

TEST(EnvironmentSecrets, ReadsTheDotEnvFileBehindTheProcess) {
    TemporaryFolder folder;
    std::ofstream(folder / ".env") << "FROM_FILE=file\nBOTH=file\n";
    Environment environment(Values{{"BOTH", "process"}});
    ASSERT_TRUE(environment.add_file(folder / ".env").has_value());
    auto secrets = store::environment_secrets(environment);
    EXPECT_EQ(run_to_end(secrets->get("FROM_FILE")).value(), "file");
    EXPECT_EQ(run_to_end(secrets->get("BOTH")).value(), "process");
}

class MapSecrets : public store::Secrets {
 public:
    explicit MapSecrets(Values values) : values_(std::move(values)) {}

 protected:
    Values values_;
};

struct IgnoresCase final : MapSecrets {
    using MapSecrets::MapSecrets;
    Task<std::optional<std::string>> get(std::string name) override {
        for (const auto& [key, value] : values_) {
            if (equal_ignoring_case(key, name)) co_return value;
        }
        co_return std::nullopt;
    }
};

struct TellsSecrets final : MapSecrets {
    using MapSecrets::MapSecrets;
    Task<std::optional<std::string>> get(std::string name) override {
        const auto found = values_.find(name);
        if (found == values_.end()) co_return fail(ErrorCode::invalid, "Not among {}.", values_.begin()->second);
        co_return found->second.empty() ? std::nullopt : std::optional(found->second);
    }
};

template <typename Fault>
std::set<std::string_view> failed_checks() {
    const SecretsMaker maker = [](Values values) { return std::make_unique<Fault>(std::move(values)); };
    std::set<std::string_view> failed;
    for (const auto& check : secrets_checks()) {
        if (failure_of(check, maker)) failed.insert(check.name);
    }
    return failed;
}

TEST(BrokenSecrets, IgnoringCaseAndEmptinessIsFound) {
    const auto failed = failed_checks<IgnoresCase>();
    EXPECT_TRUE(failed.contains("absent_is_not_an_error"));
    EXPECT_TRUE(failed.contains("empty_counts_as_absent"));
}

TEST(BrokenSecrets, TellingASecretInAMessageIsFound) {
    EXPECT_TRUE(failed_checks<TellsSecrets>().contains("bad_names_are_refused"));
}

}  // namespace
}  // namespace slipway::test
