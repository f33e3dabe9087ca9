// Response bodies: compression, streams, events, files.
#include <fstream>

#include <zlib.h>

#include "net/body_writer.h"
#include "net/file_body.h"
#include "net/gzip.h"
#include "server_fixture.h"

namespace slipway::net::server_testing {
namespace {

std::string unpack(std::string_view packed) {
    z_stream stream{};
    inflateInit2(&stream, 15 + 16);
    std::string text(1 << 20, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(text.data());
    stream.avail_out = static_cast<uInt>(text.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    text.resize(stream.total_out);
    inflateEnd(&stream);
    return text;
}

const std::string kLongText = [] {
    std::string text;
    for (int i = 0; i < 300; ++i) text += fmt::format("line {}\n", i);
    return text;
}();

asio::awaitable<Response> long_text(Request& request) {
    auto response = Response::text(200, kLongText, request.query_value("type", "text/plain"));
    response.headers.set("ETag", "\"v1\"");
    co_return response;
}

using ServerBodyTest = ServerTest;

TEST_F(ServerBodyTest, CompressesTextForThoseWhoTakeIt) {
    router->add(Method::get, "/long", {}, long_text);
    start();
    RawClient client(port());
    const auto packed = client.get("/long", "Accept-Encoding: br, gzip\r\n");
    EXPECT_EQ(packed.headers.get("Content-Encoding"), "gzip");
    EXPECT_EQ(packed.headers.get("Vary"), "Accept-Encoding");
    EXPECT_EQ(packed.headers.get("ETag"), "W/\"v1\"");
    EXPECT_LT(packed.body.size(), kLongText.size());
    EXPECT_EQ(unpack(packed.body), kLongText);
    for (const auto* more : {"", "Accept-Encoding: br\r\n", "Accept-Encoding: gzip;q=0\r\n"}) {
        const auto plain = client.get("/long", more);
        EXPECT_FALSE(plain.headers.has("Content-Encoding"));
        EXPECT_EQ(plain.headers.get("Vary"), "Accept-Encoding");
        EXPECT_EQ(plain.body, kLongText);
    }
    EXPECT_FALSE(client.get("/long?type=image/png", "Accept-Encoding: gzip\r\n").headers.has("Content-Encoding"));
    EXPECT_FALSE(client.get("/hello", "Accept-Encoding: gzip\r\n").headers.has("Content-Encoding"));
}

// Its Content-Range counts the plain bytes.
TEST_F(ServerBodyTest, APartIsSentAsItIs) {
    auto part = [](Request& request) -> asio::awaitable<Response> {
        auto response = Response::text(request.query_value("all").empty() ? 206 : 200, kLongText);
        response.headers.set("Content-Range", fmt::format("bytes 0-{}/99999", kLongText.size() - 1));
        co_return response;
    };
    router->add(Method::get, "/part", {}, part);
    start();
    RawClient client(port());
    for (const auto* path : {"/part", "/part?all=1"}) {
        const auto got = client.get(path, "Accept-Encoding: gzip\r\n");
        EXPECT_FALSE(got.headers.has("Content-Encoding"));
        EXPECT_EQ(got.body, kLongText);
    }
}

TEST_F(ServerBodyTest, AnswersNotModifiedForAKnownTag) {
    router->add(Method::get, "/long", {}, long_text);
    start();
    RawClient client(port());
    EXPECT_EQ(client.get("/long", "If-None-Match: \"v0\", W/\"v1\"\r\n").status, 304);
    EXPECT_EQ(client.get("/long", "If-None-Match: \"v2\"\r\n").status, 200);
}

TEST(Gzip, ReadsAcceptEncodingAsTheStandardSays) {
    EXPECT_TRUE(accepts_gzip("gzip"));
    EXPECT_TRUE(accepts_gzip("deflate, GZIP;q=0.5"));
    EXPECT_TRUE(accepts_gzip("*"));
    EXPECT_FALSE(accepts_gzip(""));
    EXPECT_FALSE(accepts_gzip("gzip;q=0.000"));
    EXPECT_FALSE(accepts_gzip("x-gzip-like"));
    EXPECT_FALSE(gzip("tiny"));
}

asio::awaitable<void> three_pieces(BodyWriter& writer) {
    for (int i = 0; i < 3; ++i) {
        const auto written = co_await writer.write(fmt::format("piece {};", i));
        if (!written) co_return;
        const auto empty = co_await writer.write("");
        if (!empty) co_return;
    }
}
asio::awaitable<Response> streamed(Request&) {
    Response response;
    response.headers.set("Content-Type", "text/plain");
    response.body = StreamBody(three_pieces);
    co_return response;
}

TEST_F(ServerBodyTest, StreamsInChunksAndToTheEndOfTheConnection) {
    router->add(Method::get, "/stream", {}, streamed);
    start();
    RawClient client(port());
    const auto chunked = client.get("/stream");
    EXPECT_EQ(chunked.headers.get("Transfer-Encoding"), "chunked");
    EXPECT_TRUE(chunked.whole);
    EXPECT_EQ(chunked.body, "piece 0;piece 1;piece 2;");
    client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.answer(true).status, 200);
    EXPECT_EQ(client.get("/hello").status, 200);
    const auto old = exchange("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_FALSE(old.headers.has("Transfer-Encoding"));
    EXPECT_EQ(old.headers.get("Connection"), "close");
    EXPECT_EQ(old.body, "piece 0;piece 1;piece 2;");
}

asio::awaitable<void> broken_body(BodyWriter& writer) {
    const auto written = co_await writer.write("some");
    if (written) throw std::runtime_error("broke");
}
asio::awaitable<Response> breaking(Request&) {
    Response response;
    response.body = StreamBody(broken_body);
    co_return response;
}

TEST_F(ServerBodyTest, ABrokenStreamDoesNotLookWhole) {
    router->add(Method::get, "/break", {}, breaking);
    start();
    ::testing::internal::CaptureStderr();
    const auto answer = exchange("GET /break HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_NE(::testing::internal::GetCapturedStderr().find("stream failed"), std::string::npos);
    EXPECT_EQ(answer.body, "some");
    EXPECT_FALSE(answer.whole);
}

TEST(EventFraming, SplitsLinesAsTheStandardReadsThem) {
    EXPECT_EQ(frame_event("", "one"), "data: one\n\n");
    EXPECT_EQ(frame_event("token", "one\ntwo\r\nthree\rfour"),
              "event: token\ndata: one\ndata: two\ndata: three\ndata: four\n\n");
    EXPECT_EQ(frame_event("", ""), "data: \n\n");
    EXPECT_EQ(frame_event("a\nevil: b", "x"), "event: a\ndata: x\n\n");
}

asio::awaitable<void> two_events(EventStream& events) {
    const auto first = co_await events.send("token", "a\nb");
    if (!first) co_return;
    co_await sleep_for(Milliseconds(400));
    const auto second = co_await events.send("", "{}");
    EXPECT_TRUE(second);
}
asio::awaitable<Response> events(Request&) { co_return Response::events(two_events); }

TEST_F(ServerBodyTest, SendsEventsWithHeartbeatsBetween) {
    options.limits.heartbeat = Milliseconds(40);
    router->add(Method::get, "/events", {}, events);
    start();
    RawClient client(port());
    const auto answer = client.get("/events");
    EXPECT_EQ(answer.headers.get("Content-Type"), "text/event-stream");
    EXPECT_EQ(answer.headers.get("Cache-Control"), "no-cache");
    EXPECT_EQ(answer.headers.get("X-Accel-Buffering"), "no");
    EXPECT_TRUE(answer.whole);
    EXPECT_TRUE(answer.body.starts_with(":\n\nevent: token\ndata: a\ndata: b\n\n:\n\n")) << answer.body;
    EXPECT_TRUE(answer.body.ends_with(":\n\ndata: {}\n\n")) << answer.body;
    EXPECT_EQ(client.get("/hello").status, 200);
    const auto old = exchange("GET /events HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(old.body.starts_with(":\n\nevent: token\n"));
}

class ServerFileTest : public ServerTest {
 protected:
    ServerFileTest() {
        for (std::size_t i = 0; i < 300'000; ++i) content += static_cast<char>('a' + i % 23);
        std::ofstream(path, std::ios::binary) << content;
        router->add(Method::get, "/file", {}, [this](Request&) { return serve(path); });
        router->add(Method::get, "/missing", {}, [](Request&) { return serve("/nonexistent/file"); });
        router->add(Method::get, "/folder", {}, [](Request&) { return serve(std::filesystem::temp_directory_path()); });
        router->add(Method::get, "/empty", {}, [this](Request&) { return serve(empty); });
        std::ofstream(empty, std::ios::binary);
        start();
    }
    static asio::awaitable<Response> serve(std::filesystem::path file) {
        co_return Response::file(std::move(file), "text/plain");
    }

    std::filesystem::path path = temporary("file.txt"), empty = temporary("empty.txt");
    std::string content;
};

TEST_F(ServerFileTest, ServesWholeFilesWithValidators) {
    RawClient client(port());
    const auto whole = client.get("/file");
    EXPECT_EQ(whole.status, 200);
    EXPECT_EQ(whole.body, content);
    EXPECT_EQ(whole.headers.get("Accept-Ranges"), "bytes");
    EXPECT_EQ(whole.headers.get("Content-Type"), "text/plain");
    const std::string etag(whole.headers.get("ETag")), modified(whole.headers.get("Last-Modified"));
    EXPECT_TRUE(etag.starts_with('"'));
    EXPECT_EQ(client.get("/file", "If-None-Match: " + etag + "\r\n").status, 304);
    EXPECT_EQ(client.get("/file", "If-None-Match: *\r\n").status, 304);
    EXPECT_EQ(client.get("/file", "If-Modified-Since: " + modified + "\r\n").status, 304);
    EXPECT_EQ(client.get("/file", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n").status, 200);
    EXPECT_EQ(client.get("/file", "If-None-Match: \"other\"\r\nIf-Modified-Since: " + modified + "\r\n").status, 200);
    client.send("HEAD /file HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.answer(true).headers.get("Content-Length"), "300000");
    EXPECT_EQ(client.get("/empty").headers.get("Content-Length"), "0");
}

TEST_F(ServerFileTest, ServesRanges) {
    RawClient client(port());
    const auto part = [&](std::string_view range) { return client.get("/file", fmt::format("Range: {}\r\n", range)); };
    auto got = part("bytes=10-19");
    EXPECT_EQ(got.status, 206);
    EXPECT_EQ(got.body, content.substr(10, 10));
    EXPECT_EQ(got.headers.get("Content-Range"), "bytes 10-19/300000");
    EXPECT_EQ(part("bytes=299990-").body, content.substr(299'990));
    EXPECT_EQ(part("bytes=-5").body, content.substr(299'995));
    EXPECT_EQ(part("bytes=299990-999999999").body, content.substr(299'990));
    EXPECT_EQ(part("bytes=70000-200000").body, content.substr(70'000, 130'001));
    got = part("bytes=300000-");
    EXPECT_EQ(got.status, 416);
    EXPECT_EQ(got.headers.get("Content-Range"), "bytes */300000");
    EXPECT_EQ(part("bytes=-0").status, 416);
    for (const auto* ignored :
         {"bytes=5-1", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", "bytes=-", "bytes=99999999999999999999999-"})
        EXPECT_EQ(part(ignored).status, 200) << ignored;
}

TEST_F(ServerFileTest, ARangeCountsOnlyForTheSameVersion) {
    RawClient client(port());
    const std::string etag(client.get("/file").headers.get("ETag"));
    EXPECT_EQ(client.get("/file", "Range: bytes=0-1\r\nIf-Range: " + etag + "\r\n").status, 206);
    EXPECT_EQ(client.get("/file", "Range: bytes=0-1\r\nIf-Range: \"old\"\r\n").status, 200);
    EXPECT_EQ(client.get("/file", "Range: bytes=0-1\r\nIf-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n").status, 200);
}

TEST_F(ServerFileTest, WhatIsNotAFileIsNotFound) {
    RawClient client(port());
    EXPECT_EQ(client.get("/missing").status, 404);
    EXPECT_EQ(client.get("/folder").status, 404);
}

TEST(HttpDate, RoundTrips) {
    EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(from_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
    EXPECT_FALSE(from_http_date("yesterday"));
}

}  // namespace
}  // namespace slipway::net::server_testing
