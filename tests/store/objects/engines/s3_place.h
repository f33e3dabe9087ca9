// S3 servers of the tests, each started once: versitygw checks signatures and what was sent, moto holds every key that
// S3 itself holds. Every place is a prefix of its own.
#pragma once

#include <atomic>

#include "engines/process.h"
#include "must.h"
#include "net/client.h"
#include "store/objects/conformance.h"
#include "store/objects/s3.h"
#include "store/temporary_folder.h"

namespace slipway::test {

inline const store::AwsCredentials kS3Keys{.access_key_id = "slipway-tests", .secret_access_key = "a secret of tests"};

class S3Engine {
 public:
    enum class Kind : unsigned char { versitygw, versitygw_tls, moto };
    // nullptr: it was not fetched.
    static S3Engine* shared(Kind kind);
    // One of its own, with more words on its command line, and before it ("prlimit …").
    static std::unique_ptr<S3Engine> start(Kind kind, std::vector<std::string> more = {},
                                           std::vector<std::string> before = {});

    std::string endpoint() const;
    EngineProcess& process() { return *process_; }
    // "s3://bucket/…?endpoint=…"
    std::string url(std::string_view prefix, std::string_view more = "") const;
    net::Client& client() { return client_; }
    WorkerPool& pool() { return pool_; }
    Result<std::unique_ptr<store::Objects>> open(std::string url, store::AwsClientOptions options = {});
    std::filesystem::path data() const { return folder_ / "data/slipway-tests"; }  // where versitygw keeps the objects
    Kind kind() const { return kind_; }
    // One request to the bucket itself, signed; `target` is "/bucket/…".
    Result<store::AwsResponse> send(store::AwsRequest request);

 private:
    S3Engine(Kind kind, const std::filesystem::path& engine, std::vector<std::string> more,
             std::vector<std::string> before);
    std::vector<std::string> command(const std::filesystem::path& engine, std::vector<std::string> more) const;

    Kind kind_;
    TemporaryFolder folder_;
    std::uint16_t port_ = free_port();
    net::Client client_;
    WorkerPool pool_{"objects", 2};
    std::unique_ptr<EngineProcess> process_;
};

class S3ObjectsPlace : public ObjectsPlace {
 public:
    explicit S3ObjectsPlace(S3Engine& engine, std::string more = "") : engine_(engine), more_(std::move(more)) {}
    Result<std::unique_ptr<store::Objects>> open() override { return engine_.open(engine_.url(prefix_, more_)); }
    Task<LinkAnswer> use(store::Objects& objects, LinkUse use) override;
    bool holds(std::string_view key) const override;
    const std::string& prefix() const { return prefix_; }

 private:
    static std::string next_prefix() {
        static std::atomic<int> number = 0;
        return fmt::format("tests/p{}", ++number);
    }
    S3Engine& engine_;
    std::string more_;
    std::string prefix_ = next_prefix();
};

}  // namespace slipway::test
