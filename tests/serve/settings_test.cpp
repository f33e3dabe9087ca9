// What a start tells: what was configured, and what would configure the rest.
#include "serve/settings.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace slipway::serve {
namespace {

Setting of(const app::Manifest& manifest, std::string_view name, const std::string& embedding = "") {
    const auto all = settings_of(manifest, "the model", embedding);
    const auto found = std::ranges::find(all, name, &Setting::name);
    EXPECT_NE(found, all.end()) << name;
    return found == all.end() ? Setting{} : *found;
}

TEST(Settings, NameTheKeyWhereNoVariableIsRead) {
    const auto cache = of({}, "cache");
    EXPECT_FALSE(cache.configured);
    EXPECT_EQ(cache.value, "memory:");
    EXPECT_EQ(cache.set_by, "stores.cache in app.yaml");
}

TEST(Settings, NameTheVariableAndTellNoSecret) {
    app::Manifest manifest;
    manifest.variables["stores.database"] = {"DATABASE_URL"};
    manifest.stores.database = app::StoreUrl::parse("postgresql://app:word@host:5432/app?sslmode=require");
    const auto database = of(manifest, "database");
    EXPECT_TRUE(database.configured);
    EXPECT_EQ(database.value, "postgresql://host:5432/app");
    EXPECT_EQ(database.set_by, "DATABASE_URL");
    manifest.accounts.secret = app::Secret("of the tokens");
    EXPECT_EQ(of(manifest, "token secret").value, "given");
}

TEST(Settings, ShowTheFirstOfManyVariables) {
    app::Manifest manifest;
    manifest.variables["stores.objects"] = {"A", "B", "C", "D", "E"};
    EXPECT_EQ(of(manifest, "objects").set_by, "A, B, C, D, …");
}

TEST(Settings, MailIsNotConfiguredWithoutASender) {
    app::Manifest manifest;
    manifest.stores.mail = app::StoreUrl::parse("smtp://host:587");
    EXPECT_FALSE(of(manifest, "mail").configured);
    manifest.stores.mail_from = "app@example.org";
    EXPECT_TRUE(of(manifest, "mail").configured);
}

TEST(Settings, ModelsNameTheKeysOfTheirProviders) {
    app::Manifest manifest;
    manifest.models.order = {"openai", "mine", "local"};
    manifest.variables["models.providers.mine.key"] = {"KEY_OF_MINE"};
    EXPECT_EQ(of(manifest, "chat model").set_by, "OPENAI_API_KEY, KEY_OF_MINE");
    EXPECT_EQ(of(manifest, "embeddings").value, "none, words alone are searched");
    EXPECT_EQ(of(manifest, "embeddings", "a model").value, "a model");
}

}  // namespace
}  // namespace slipway::serve
