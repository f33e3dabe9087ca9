// Roles from an STS that we did not write (moto, which checks no signature).
#include <fstream>

#include <gtest/gtest.h>

#include "engines/moto_server.h"
#include "store/aws/credentials_chain.h"
#include "store/temporary_folder.h"

namespace slipway::test {
namespace {

struct Sts : testing::Test {
    void SetUp() override {
        moto = MotoServer::start();
        if (moto == nullptr) GTEST_SKIP() << "moto was not fetched";
        environment = Environment({{"HOME", folder.path().string()},
                                   {"AWS_EC2_METADATA_DISABLED", "true"},
                                   {"AWS_ENDPOINT_URL_STS", moto->url()}});
    }
    std::string write(const std::string& name, std::string_view text) const {
        std::ofstream(folder / name) << text;
        return (folder / name).string();
    }
    void expect_role() {
        const auto got = run_to_end(store::credentials_from_chain(environment, client, pool)->get());
        ASSERT_TRUE(got.has_value()) << got.error().message;
        EXPECT_TRUE(got->access_key_id.starts_with("ASIA")) << got->access_key_id;
        EXPECT_FALSE(got->session_token.empty());
        EXPECT_TRUE(got->expires && *got->expires > now());
    }
    TemporaryFolder folder;
    WorkerPool pool{"files", 1};
    net::Client client;
    Environment environment;
    std::unique_ptr<MotoServer> moto;
};

TEST_F(Sts, GivesTheRoleOfAWebIdentity) {
    environment.set("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/app");
    environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", write("token", "a.web.token"));
    expect_role();
}

TEST_F(Sts, GivesTheRoleOfAProfile) {
    environment.set("AWS_PROFILE", "role");
    environment.set("AWS_CONFIG_FILE", write("config",
                                             "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/app\n"
                                             "source_profile = base\n[profile base]\naws_access_key_id = A\n"
                                             "aws_secret_access_key = s\n"));
    expect_role();
}

}  // namespace
}  // namespace slipway::test
