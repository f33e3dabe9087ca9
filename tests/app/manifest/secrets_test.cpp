// Values that come from the store of secrets (stores.secrets), behind a port that answers what a test wants.
#include <gtest/gtest.h>

#include "app/manifest/application.h"

namespace slipway::app {
namespace {

const std::string kJwtSecret = "v5Jt0rV1dTq8Zk3nX7wYb2cLm9pQs4uA";

// What the store holds, and what happened to it.
struct Vault {
    Variables values;
    std::optional<Error> failure;       // of each get
    std::optional<Error> open_failure;  // of opening it
    std::vector<std::string> opened = {};
    std::vector<std::string> asked = {};
};

class VaultSecrets final : public store::Secrets {
 public:
    explicit VaultSecrets(Vault& vault) : vault_(vault) {}
    Task<std::optional<std::string>> get(std::string name) override {
        vault_.asked.push_back(name);
        if (vault_.failure) co_return std::unexpected(*vault_.failure);
        const auto found = vault_.values.find(name);
        if (found == vault_.values.end()) co_return std::nullopt;
        co_return found->second;
    }

 private:
    Vault& vault_;
};

ManifestOptions options_with(Vault& vault) {
    ManifestOptions options;
    options.open_secrets = [&vault](const StoreUrl& url,
                                    const Environment&) -> Result<std::unique_ptr<store::Secrets>> {
        vault.opened.push_back(url.url.reveal());
        if (vault.open_failure) return std::unexpected(*vault.open_failure);
        return std::make_unique<VaultSecrets>(vault);
    };
    return options;
}

TEST(ManifestSecrets, ComeFromTheStoreBeforeTheEnvironment) {
    Vault vault{.values = {{"JWT_SECRET", kJwtSecret}, {"EMPTY", ""}}};
    const TemporaryApplication application(
        "name: one\ntitle: ${EMPTY:-${TITLE}}\naccounts: { secret: \"${JWT_SECRET}\" }\n");
    const auto loaded = application.load({{"JWT_SECRET", "of the environment"}, {"TITLE", "One"}}, options_with(vault));
    ASSERT_TRUE(loaded.ok()) << problems_of(application, loaded);
    EXPECT_EQ(loaded.manifest.accounts.secret.reveal(), kJwtSecret);
    EXPECT_EQ(loaded.manifest.title, "One") << "what the store has not is a variable";
    EXPECT_EQ(vault.opened, std::vector<std::string>{"env:"});
}

TEST(ManifestSecrets, AreAskedForTheKeysOfModels) {
    Vault vault{.values = {{"GROQ_API_KEY", "key-of-groq"}, {"MY_GATEWAY_API_KEY", "key-of-gateway"}}};
    const TemporaryApplication application(
        "name: one\nmodels: { order: [openai, my-gateway, groq, local], providers: { my-gateway: { base_url: "
        "\"http://127.0.0.1:9/v1\", model: m } } }\n");
    const auto loaded = application.load({}, options_with(vault));
    ASSERT_TRUE(loaded.ok()) << problems_of(application, loaded);
    EXPECT_EQ(loaded.manifest.models.find("groq")->key.reveal(), "key-of-groq");
    ASSERT_NE(loaded.manifest.models.chosen(), nullptr);
    EXPECT_EQ(loaded.manifest.models.chosen()->name, "my-gateway");
    EXPECT_EQ(loaded.manifest.models.chosen()->key.reveal(), "key-of-gateway");
}

TEST(ManifestSecrets, TheStoreItselfIsNamedByTheEnvironmentAlone) {
    Vault vault{.values = {{"SECRETS_URL", "env:of-the-store"}}};
    const TemporaryApplication application("name: one\nstores: { secrets: \"${SECRETS_URL}\" }\n");
    const auto loaded = application.load({{"SECRETS_URL", "env:here"}}, options_with(vault));
    ASSERT_TRUE(loaded.ok()) << problems_of(application, loaded);
    EXPECT_EQ(vault.opened, std::vector<std::string>{"env:here"});
    EXPECT_EQ(loaded.manifest.stores.secrets.url.reveal(), "env:here");
}

TEST(ManifestSecrets, AStoreThatCannotBeAskedIsOneErrorAndIsAskedOnce) {
    Vault vault{.values = {}, .failure = Error{ErrorCode::unavailable, "The store of secrets does not answer.", {}}};
    const TemporaryApplication application(
        "name: one\ntitle: ${TITLE:-One}\nstores: { secrets: \"env:\" }\naccounts: { secret: \"${JWT_SECRET:-}\" }\n");
    const auto loaded = application.load({}, options_with(vault));
    EXPECT_FALSE(loaded.ok());
    EXPECT_EQ(problems_of(application, loaded),
              "app.yaml:3:20: error: stores.secrets: The store of secrets does not answer.\n");
    EXPECT_EQ(vault.asked.size(), 1U);
}

TEST(ManifestSecrets, AStoreThatCannotBeOpenedIsAnError) {
    Vault vault{.values = {}, .open_failure = Error{ErrorCode::unavailable, "The store is locked.", {}}};
    const TemporaryApplication application("name: one\ntitle: ${TITLE:-One}\n");
    EXPECT_EQ(problems_of(application, application.load({}, options_with(vault))),
              "app.yaml:1:1: error: stores.secrets: The store is locked.\n");
}

TEST(ManifestSecrets, ANameThatNoSecretCanHaveIsAVariable) {
    Vault vault{.values = {}, .failure = Error{ErrorCode::invalid, "Not a name.", {}}};
    const TemporaryApplication application("name: one\ntitle: ${TITLE}\n");
    const auto loaded = application.load({{"TITLE", "One"}}, options_with(vault));
    ASSERT_TRUE(loaded.ok()) << problems_of(application, loaded);
    EXPECT_EQ(loaded.manifest.title, "One");
}

TEST(ManifestSecrets, ACheckNeedsNotAskForThem) {
    const TemporaryApplication application(
        "name: one\nenvironment: production\nstores: { secrets: \"ssm:///one/*\" }\n"
        "accounts: { secret: \"${JWT_SECRET}\" }\n");
    ManifestOptions options;
    options.purpose = Purpose::check;
    const auto checked = application.load({}, options);
    EXPECT_TRUE(checked.ok()) << problems_of(application, checked);
    EXPECT_TRUE(problems_of(application, checked).contains("ssm: was not asked, so what it holds is not checked"));
    EXPECT_FALSE(application.load({{"JWT_SECRET", "short"}}, options).ok()) << "what is known is checked";
    options.purpose = Purpose::serve;
    EXPECT_FALSE(application.load({}, options).ok());
}

TEST(ManifestSecrets, AStoreThatIsNotKnownIsNotOpened) {
    Vault vault;
    const TemporaryApplication application("name: one\nstores: { secrets: \"locker://one\" }\n");
    auto options = options_with(vault);
    options.purpose = Purpose::check;
    const auto loaded = application.load({}, options);
    EXPECT_FALSE(loaded.ok());
    EXPECT_NE(problems_of(application, loaded).find("locker: is not a kind of store that is known here"),
              std::string::npos);
    EXPECT_TRUE(vault.opened.empty());
}

}  // namespace
}  // namespace slipway::app
