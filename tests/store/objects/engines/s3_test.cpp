// The S3 adapter against real servers.
#include "store/objects/s3.h"

#include <algorithm>
#include <fstream>

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "store/objects/engines/s3_place.h"
#include "store/objects/s3_wire.h"

namespace slipway::test {
namespace {

using store::Access;
using store::ObjectInfo;

const WorkspaceId kHere{"here"};

std::string name_of(const testing::TestParamInfo<ObjectsCheck>& info) { return std::string(info.param.name); }

// All checks but those that the engine, not the adapter, cannot pass.
std::vector<ObjectsCheck> checks_without(std::initializer_list<std::string_view> beginnings) {
    std::vector<ObjectsCheck> checks(objects_checks().begin(), objects_checks().end());
    std::erase_if(checks, [&](const ObjectsCheck& check) {
        const auto begins = [&](std::string_view beginning) { return check.name.starts_with(beginning); };
        return std::ranges::any_of(beginnings, begins);
    });
    return checks;
}
// versitygw's folders race when the last object of one goes while another comes ("Existing Object is a directory").
const auto kVersityChecks = testing::ValuesIn(checks_without({"neighbours_"}));
// moto checks no signature.
const auto kMotoChecks = testing::ValuesIn(checks_without({"links_", "forms_"}));

template <S3Engine::Kind kind>
struct Conformance : testing::TestWithParam<ObjectsCheck> {
    void SetUp() override {
        engine = S3Engine::shared(kind);
        if (engine == nullptr) GTEST_SKIP() << "the engine was not fetched";
    }
    void check(const std::string& more = "") {
        const auto failure = failure_of(GetParam(), [&] { return std::make_unique<S3ObjectsPlace>(*engine, more); });
        EXPECT_FALSE(failure.has_value()) << failure.value_or("");
    }
    S3Engine* engine = nullptr;
};

using VersityConformance = Conformance<S3Engine::Kind::versitygw>;
TEST_P(VersityConformance, Holds) { check(); }
INSTANTIATE_TEST_SUITE_P(Objects, VersityConformance, kVersityChecks, name_of);

using VersityTlsConformance = Conformance<S3Engine::Kind::versitygw_tls>;
TEST_P(VersityTlsConformance, Holds) { check("&checksums=off"); }
INSTANTIATE_TEST_SUITE_P(Objects, VersityTlsConformance, kVersityChecks, name_of);

// With S3's own checksums over TLS parts are not signed.
struct VersityTls : testing::Test {};
TEST_F(VersityTls, UnsignedPartsAreCheckedByTheirChecksum) {
    auto* const engine = S3Engine::shared(S3Engine::Kind::versitygw_tls);
    if (engine == nullptr) GTEST_SKIP() << "the engine was not fetched";
    for (const auto& check : objects_checks()) {
        if (check.name != "uploads_have_any_length" && check.name != "attributes_are_kept") continue;
        const auto failure = failure_of(check, [&] { return std::make_unique<S3ObjectsPlace>(*engine); });
        EXPECT_EQ(failure.value_or(""), "");
    }
}

using MotoConformance = Conformance<S3Engine::Kind::moto>;
TEST_P(MotoConformance, Holds) { check(); }
INSTANTIATE_TEST_SUITE_P(Objects, MotoConformance, kMotoChecks, name_of);

struct S3 : testing::Test {
    void SetUp() override {
        engine = S3Engine::shared(S3Engine::Kind::versitygw);
        if (engine == nullptr) GTEST_SKIP() << "the engine was not fetched";
        place = std::make_unique<S3ObjectsPlace>(*engine);
        objects = place->open().value();
    }
    std::string path(std::string_view key) const {
        return fmt::format("/slipway-tests/{}/here/{}", place->prefix(), key);
    }
    ObjectInfo upload(std::string key, std::size_t bytes) {
        const auto work = [&]() -> Task<ObjectInfo> {
            SLIPWAY_CO_TRY(const auto writer, co_await objects->upload(kHere, key));
            SLIPWAY_CO_CHECK(co_await writer->write(std::string(bytes, 'x')));
            co_return co_await writer->finish();
        };
        return run_to_end(work()).value();
    }
    S3Engine* engine = nullptr;
    std::unique_ptr<S3ObjectsPlace> place;
    std::unique_ptr<store::Objects> objects;
};

// The engine is as strict as the tests take it to be.
TEST_F(S3, TheEngineChecksWhatWasSent) {
    const auto wrong_body = engine->send({.method = net::Method::put,
                                          .path = path("a"),
                                          .body = "another",
                                          .payload_hash = sha256_hex("what was signed")});
    EXPECT_FALSE(wrong_body.has_value());
    EXPECT_FALSE(run_to_end(objects->head(kHere, "a")).has_value());
}

// A body whose pieces are signed one by one, as other clients send it.
TEST_F(S3, TheEngineTakesSignedChunks) {
    const std::string first(65536, 'a'), second(1024, 'b');
    const auto sent = [&](std::string_view last_piece) {
        store::SignedRequest request{
            .method = net::Method::put, .path = path("chunks"), .payload_hash = std::string(store::kStreamingPayload)};
        request.headers.set("Host", store::authority_of(engine->endpoint()));
        request.headers.set("Content-Encoding", "aws-chunked");
        request.headers.set("x-amz-decoded-content-length", std::to_string(first.size() + second.size()));
        const store::SigningScope scope{.region = "us-east-1", .service = "s3", .at = now()};
        auto last = sign_headers(request, scope, kS3Keys, store::signing_rules_of("s3")).hex;
        std::string body;
        for (const std::string_view piece : {std::string_view(first), std::string_view(second), std::string_view()}) {
            last = store::sign_chunk(last, piece, scope, kS3Keys);
            body += fmt::format("{:x};chunk-signature={}\r\n{}\r\n", piece.size(), last,
                                piece == second ? last_piece : piece);
        }
        net::ClientRequest put{.method = net::Method::put,
                               .url = engine->endpoint() + request.path,
                               .headers = request.headers,
                               .body = std::move(body)};
        const auto work = [&]() -> Task<int> {
            SLIPWAY_CO_TRY(const auto response, co_await engine->client().send(put));
            SLIPWAY_CO_CHECK(co_await response->read_all());
            co_return response->status;
        };
        return run_to_end(work()).value();
    };
    EXPECT_EQ(sent(std::string(1024, 'c')), 403) << "another piece than the one that was signed";
    EXPECT_EQ(sent(second), 200);
    EXPECT_EQ(run_to_end(objects->get(kHere, "chunks"))->data, first + second);
}

TEST_F(S3, LargeObjectsArePutInPartsWithAChecksumOfTheWhole) {
    const auto info = upload("a", 12'000'000);
    EXPECT_TRUE(info.etag.ends_with("-3")) << info.etag;
    store::AwsRequest raw{.method = net::Method::head, .path = path("a")};
    raw.headers.set("x-amz-checksum-mode", "ENABLED");
    const auto answer = engine->send(std::move(raw)).value();
    EXPECT_EQ(answer.headers.get("x-amz-checksum-type"), "FULL_OBJECT");
    const auto crc32 = store::crc32_text(store::crc32_of(std::string(12'000'000, 'x')));
    EXPECT_EQ(answer.headers.get("x-amz-checksum-crc32"), crc32);
    EXPECT_FALSE(upload("b", 4'000'000).etag.contains('-')) << "small ones in one request";
}

TEST_F(S3, ALargePutGoesInPartsAndKeepsItsSha256) {
    const std::string data(21'000'000, 'x');
    const auto put = run_to_end(objects->put(kHere, "a", data, "text/plain"));
    ASSERT_TRUE(put.has_value()) << put.error().message;
    EXPECT_TRUE(put->etag.ends_with("-5")) << put->etag;
    const auto object = run_to_end(objects->get(kHere, "a")).value();
    EXPECT_EQ(object.info.sha256, sha256_hex(data));
    EXPECT_EQ(object.data, data);
}

TEST_F(S3, DamageOnTheWayOrInTheStoreIsFound) {
    ASSERT_TRUE(run_to_end(objects->put(kHere, "one", "content")).has_value());
    upload("parts", 12'000'000);
    for (const char* const key : {"one", "parts"}) {
        ASSERT_TRUE(run_to_end(objects->get(kHere, key)).has_value());
        const auto file = engine->data() / place->prefix() / "here" / key;
        std::fstream(file, std::ios::in | std::ios::out | std::ios::binary) << 'C';
        const auto got = run_to_end(objects->get(kHere, key));
        ASSERT_FALSE(got.has_value()) << key;
        EXPECT_EQ(got.error().code, ErrorCode::upstream);
        EXPECT_TRUE(got.error().message.contains("damaged"));
    }
}

TEST_F(S3, DroppedUploadsLeaveNoParts) {
    const auto work = [&]() -> Task<std::string> {
        SLIPWAY_CO_TRY(auto writer, co_await objects->upload(kHere, "dropped"));
        SLIPWAY_CO_CHECK(co_await writer->write(std::string(6'000'000, 'x')));
        writer.reset();
        co_return "";
    };
    ASSERT_TRUE(run_to_end(work()).has_value());  // the loop ends when the abort has ended
    const auto uploads = engine->send({.path = "/slipway-tests", .query = {{"uploads", ""}}}).value();
    EXPECT_FALSE(uploads.body.contains("dropped")) << uploads.body;
}

TEST_F(S3, TagsAreForTheBucketsRules) {
    store::ObjectAttributes attributes("text/plain");
    attributes.tags = {{"kind", "draft version"}, {"owner", "a+b@c=d"}};
    ASSERT_TRUE(run_to_end(objects->put(kHere, "a", "x", attributes)).has_value());
    const auto tags = engine->send({.path = path("a"), .query = {{"tagging", ""}}}).value();
    EXPECT_TRUE(tags.body.contains("<Key>kind</Key><Value>draft version</Value>")) << tags.body;
    EXPECT_TRUE(tags.body.contains("<Value>a+b@c=d</Value>")) << tags.body;
}

TEST_F(S3, ALinkEndsWithTheCredentialsThatSignedIt) {
    auto keys = kS3Keys;
    keys.expires = now() + std::chrono::minutes(20);
    objects = store::open_s3_objects(
                  {.url = engine->url("p"), .region = "us-east-1", .credentials = store::CredentialsProvider::of(keys)},
                  engine->client(), engine->pool())
                  .value();
    const auto link = run_to_end(objects->presign(kHere, "a", Access::get, std::chrono::hours(24))).value();
    EXPECT_LE(link.expires, *keys.expires);
    EXPECT_TRUE(link.url.contains("X-Amz-Expires=1200&") || link.url.contains("X-Amz-Expires=11")) << link.url;
    const auto form = run_to_end(objects->presign_form(kHere, "a", {.content_type = "image/"}, std::chrono::hours(24)));
    EXPECT_LE(form->expires, *keys.expires);
}

// The bucket stands in the name of the host; the engine is reached as the proxy of that name.
TEST_F(S3, TheBucketMayBePartOfTheHost) {
    net::ClientOptions options;
    options.environment = Environment({{"http_proxy", engine->endpoint()}});
    net::Client client(options);
    const auto keys = store::CredentialsProvider::of(kS3Keys);
    const auto virtual_host =
        store::open_s3_objects({.url = "s3://slipway-tests/v?endpoint=http://s3.test&style=virtual",
                                .region = "us-east-1",
                                .credentials = keys},
                               client, engine->pool())
            .value();
    const auto put = run_to_end(virtual_host->put(kHere, "a b", "x"));
    ASSERT_TRUE(put.has_value()) << put.error().message;
    const auto by_path = engine->open(engine->url("v")).value();
    EXPECT_EQ(run_to_end(by_path->get(kHere, "a b"))->data, "x");
    const auto link = run_to_end(virtual_host->presign(kHere, "a b", Access::get, Milliseconds(60'000))).value();
    EXPECT_TRUE(link.url.starts_with("http://slipway-tests.s3.test/v/here/a%20b?")) << link.url;
}

TEST_F(S3, WhatOthersPutThereIsNotSeen) {
    const auto folder = fmt::format("/slipway-tests/{}/", place->prefix());
    ASSERT_TRUE(engine->send({.method = net::Method::put, .path = folder + "here/folder/"}));
    ASSERT_TRUE(engine->send({.method = net::Method::put, .path = folder + "beside", .body = "x"}));
    ASSERT_TRUE(engine->send({.method = net::Method::put, .path = folder + "here/foreign.txt", .body = "theirs"}));
    const auto page = run_to_end(objects->list(kHere, "", 10, {})).value();
    ASSERT_EQ(page.objects.size(), 1);
    EXPECT_EQ(page.objects.front().key, "foreign.txt");
    const auto object = run_to_end(objects->get(kHere, "foreign.txt")).value();
    EXPECT_EQ(object.data, "theirs");
    EXPECT_EQ(object.info.sha256, "");
}

TEST_F(S3, WhatIsTooLargeToReadAtOnceIsReadByRanges) {
    const auto small = store::open_s3_objects({.url = engine->url(place->prefix()),
                                               .region = "us-east-1",
                                               .credentials = store::CredentialsProvider::of(kS3Keys),
                                               .put_bytes_max = 100,
                                               .read_bytes_max = 50},
                                              engine->client(), engine->pool())
                           .value();
    EXPECT_EQ(run_to_end(small->put(kHere, "a", std::string(101, 'x'))).error().code, ErrorCode::invalid);
    ASSERT_TRUE(run_to_end(small->put(kHere, "a", std::string(100, 'x'))).has_value());
    EXPECT_EQ(run_to_end(small->get(kHere, "a")).error().code, ErrorCode::invalid);
    EXPECT_EQ(run_to_end(small->get(kHere, "a", store::ByteRange{60, 80}))->data.size(), 21);
    EXPECT_EQ(run_to_end(small->head(kHere, "a"))->size, 100);
}

}  // namespace
}  // namespace slipway::test
