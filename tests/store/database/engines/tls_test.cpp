// PostgreSQL over TLS: the right server alone is believed, and everything works as without.
#include <gtest/gtest.h>

#include "engines/certificates.h"
#include "must.h"
#include "store/database/engines/postgres_place.h"

namespace slipway::test {
namespace {

// A server whose certificate is for localhost, not for 127.0.0.1.
struct TlsServer {
    CertificateAuthority authority, stranger;
    CertificateAuthority::Certified certified = authority.certify("DNS:localhost");
    PostgresServer server;

    explicit TlsServer(const std::filesystem::path& programs)
        : server(programs, {"ssl=on", "ssl_cert_file=" + certified.certificate.string(),
                            "ssl_key_file=" + certified.key.string()}) {}
    static TlsServer* get() {
        static const auto made = []() -> std::unique_ptr<TlsServer> {
            const auto programs = PostgresServer::programs_of("15");
            return programs ? std::make_unique<TlsServer>(*programs) : nullptr;
        }();
        return made.get();
    }
    std::string url(const std::string& user, const std::string& database, std::string_view more,
                    std::string_view host = "localhost") const {
        return fmt::format("postgresql://{0}:{0}-secret@{1}:{2}/{3}?{4}", user, host, server.port(), database, more);
    }
    std::string trusting(const CertificateAuthority& whom, std::string_view mode = "verify-full") const {
        return fmt::format("sslmode={}&sslrootcert={}", mode, whom.file().string());
    }
};

// All of it over TLS, as the owner and as the application.
class TlsPlace final : public PostgresPlace {
 public:
    explicit TlsPlace(TlsServer& tls) : PostgresPlace(tls.server), tls_(tls) {}
    store::PostgresOptions options_with(std::string_view more, std::string_view host = "localhost") const {
        store::PostgresOptions options;
        options.url = tls_.url(role(), database(), more, host);
        options.owner_url = tls_.url("owner", database(), more, host);
        options.start_time_max = std::chrono::seconds(60);  // what asking again does not change is said at once
        return options;
    }
    Result<std::unique_ptr<store::Database>> open() override {
        return store::open_postgres(options_with(tls_.trusting(tls_.authority)));
    }

 private:
    TlsServer& tls_;
};

struct PostgresTls : testing::Test {
    void SetUp() override {
        tls = TlsServer::get();
        if (tls == nullptr) GTEST_SKIP() << "postgresql-15 was not fetched";
        place = std::make_unique<TlsPlace>(*tls);
    }
    void refuses(std::string_view more, std::string_view host, std::string_view why) {
        const auto opened = store::open_postgres(place->options_with(more, host));
        ASSERT_FALSE(opened) << more << " at " << host;
        EXPECT_EQ(opened.error().code, ErrorCode::unavailable);
        EXPECT_TRUE(opened.error().message.contains(why)) << opened.error().message;
        EXPECT_TRUE(opened.error().message.contains(fmt::format(":{}/", tls->server.port()))) << opened.error().message;
        EXPECT_FALSE(opened.error().message.contains("-secret")) << opened.error().message;
    }
    TlsServer* tls = nullptr;
    std::unique_ptr<TlsPlace> place;
};

TEST_F(PostgresTls, TheRightServerAloneIsBelieved) {
    const auto database = must(run_to_end(open_with_tables(*place)));
    const auto encrypted = must(run_to_end(database->read(
        store::Scope::system(), "SELECT count(*) AS n FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl")));
    EXPECT_EQ(encrypted.front().integer("n"), 1);
    refuses(tls->trusting(tls->stranger), "localhost", "certificate verify failed");
    refuses(tls->trusting(tls->stranger, "verify-ca"), "localhost", "certificate verify failed");
    refuses(tls->trusting(tls->authority), "127.0.0.1", "does not match");
    EXPECT_TRUE(store::open_postgres(place->options_with(tls->trusting(tls->authority, "verify-ca"), "127.0.0.1")));
    refuses("sslmode=verify-full&sslrootcert=/nowhere.pem", "localhost", "/nowhere.pem");
}

TEST_F(PostgresTls, AServerWithoutTlsIsRefusedWhereTlsIsAskedFor) {
    auto* const plain = PostgresServer::of("18");
    if (plain == nullptr) GTEST_SKIP() << "postgresql-18 was not fetched";
    const PostgresPlace there(*plain);
    for (const auto* const mode : {"require", "verify-ca", "verify-full"}) {
        store::PostgresOptions options;
        options.url = fmt::format("postgresql://{0}:{0}-secret@127.0.0.1:{1}/{2}?{3}", there.role(), plain->port(),
                                  there.database(), tls->trusting(tls->authority, mode));
        options.start_time_max = std::chrono::seconds(60);
        const auto opened = store::open_postgres(options);
        ASSERT_FALSE(opened) << mode;
        EXPECT_EQ(opened.error().code, ErrorCode::unavailable);
        EXPECT_TRUE(opened.error().message.contains("does not support SSL")) << opened.error().message;
    }
}

class PostgresTlsConformance : public testing::TestWithParam<DatabaseCheck> {};

TEST_P(PostgresTlsConformance, Holds) {
    auto* const tls = TlsServer::get();
    if (tls == nullptr) GTEST_SKIP() << "postgresql-15 was not fetched";
    const auto failure = failure_of(GetParam(), [tls] { return std::make_unique<TlsPlace>(*tls); });
    EXPECT_EQ(failure, std::nullopt) << *failure;
}

INSTANTIATE_TEST_SUITE_P(Postgres, PostgresTlsConformance, testing::ValuesIn(database_checks()),
                         [](const auto& made) { return std::string(made.param.name); });

}  // namespace
}  // namespace slipway::test
