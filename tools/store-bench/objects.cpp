// "store": "objects": S3 at "url", signed with "key_id" and "secret". "operation": "put" or "get" of "bytes" each, over
// "keys" keys; a get asks for what a put with the same numbers has left.
#include "load.h"
#include "store/objects/s3.h"

namespace slipway::bench {
namespace {

constexpr std::int64_t kKeys = 16;
const WorkspaceId kWorkspace{"one"};

Task<void> put(store::Objects& objects, std::string key, const std::string& data) {
    SLIPWAY_CO_CHECK(co_await objects.put(kWorkspace, std::move(key), data, "application/octet-stream"));
    co_return Result<void>();
}

Task<void> get(store::Objects& objects, std::string key, std::size_t bytes) {
    SLIPWAY_CO_TRY(const auto object, co_await objects.get(kWorkspace, std::move(key)));
    if (object.data.size() != bytes) co_return fail(ErrorCode::internal, "{} bytes came.", object.data.size());
    co_return Result<void>();
}

}  // namespace

Result<json::object> bench_objects(const json::object& settings) {
    SLIPWAY_TRY(const auto load, load_of(settings));
    const auto bytes = static_cast<std::size_t>(integer_or(settings, "bytes", 4096));
    const auto keys = static_cast<std::uint64_t>(integer_or(settings, "keys", kKeys));
    const bool reads = text_or(settings, "operation") == "get";
    net::Client client;
    WorkerPool pool("checksums", 1);
    store::S3ObjectsOptions options;
    options.url = text_or(settings, "url");
    options.credentials =
        store::CredentialsProvider::of({.access_key_id = std::string(text_or(settings, "key_id")),
                                        .secret_access_key = std::string(text_or(settings, "secret"))});
    SLIPWAY_TRY(const auto objects, store::open_s3_objects(std::move(options), client, pool));
    asio::io_context loop(1);
    const std::string data(bytes, 'd');
    return run_load(loop, load, [&](std::uint64_t turn) {
        auto key = fmt::format("bench/{}-{}", bytes, chosen(turn, keys));
        return reads ? get(*objects, std::move(key), bytes) : put(*objects, std::move(key), data);
    });
}

}  // namespace slipway::bench
