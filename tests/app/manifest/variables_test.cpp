// Which variables a manifest reads where.
#include "app/manifest/variables.h"

#include <gtest/gtest.h>

#include "app/manifest/application.h"

namespace slipway::app {
namespace {

std::vector<std::string> names_of(std::string_view text) {
    std::vector<std::string> names;
    add_variables(text, names);
    return names;
}

TEST(Variables, AreFoundInEveryForm) {
    EXPECT_EQ(names_of("plain"), std::vector<std::string>{});
    EXPECT_EQ(names_of("$ONE and ${TWO}"), (std::vector<std::string>{"ONE", "TWO"}));
    EXPECT_EQ(names_of("${ONE:-${TWO:+$THREE}} ${ONE}"), (std::vector<std::string>{"ONE", "TWO", "THREE"}));
    EXPECT_EQ(names_of("5 $ and $$"), std::vector<std::string>{});
}

TEST(Variables, OfAKeyAreThoseOfCasesThatWereNotChosenToo) {
    const TemporaryApplication application(R"(name: told
server: { port: "${PORT:-8000}" }
stores:
  database:
    switch:
      on: "${DATABASE_URL:+elsewhere}"
      cases: { elsewhere: "${DATABASE_URL}" }
      default: "sqlite:${SQLITE_PATH:-told.db}"
)");
    const auto loaded = application.load();
    EXPECT_EQ(problems_of(application, loaded), "");
    const auto& variables = loaded.manifest.variables;
    EXPECT_EQ(variables.at("server.port"), std::vector<std::string>{"PORT"});
    EXPECT_EQ(variables.at("stores.database"), (std::vector<std::string>{"DATABASE_URL", "SQLITE_PATH"}));
    EXPECT_EQ(variables.at("stores"), variables.at("stores.database"));
    EXPECT_FALSE(variables.contains("stores.database.switch"));
    EXPECT_FALSE(variables.contains("name"));
}

}  // namespace
}  // namespace slipway::app
