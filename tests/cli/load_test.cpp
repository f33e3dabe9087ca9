// What commands make of a manifest.
#include "cli/load.h"

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "store/temporary_folder.h"

namespace slipway::cli {
namespace {

class LoadTest : public ::testing::Test {
 protected:
    ~LoadTest() override { ::unsetenv("HOST"); }

    std::string host_of(std::string_view server, std::optional<std::string> given = {}) {
        std::filesystem::create_directories(folder_ / "app");
        std::ofstream(folder_ / "app" / "app.yaml") << "name: small\nserver: " << server << "\n";
        Target target;
        target.application = (folder_ / "app").string();
        target.data = (folder_ / "data").string();
        target.host = std::move(given);
        const auto loaded = load(target);
        return loaded ? loaded->manifest.server.host : loaded.error().message;
    }

    test::TemporaryFolder folder_;
};

TEST_F(LoadTest, AVariableCountsWhereTheManifestNamesIt) {
    ::setenv("HOST", "127.0.0.3", 1);
    EXPECT_EQ(host_of("{ host: 127.0.0.2 }"), "127.0.0.2");
    EXPECT_EQ(host_of("{ host: \"${HOST}\" }"), "127.0.0.3");
    EXPECT_EQ(host_of("{ host: 127.0.0.2 }", "127.0.0.4"), "127.0.0.4");
}

}  // namespace
}  // namespace slipway::cli
