// The stores through their adapters, without HTTP: what bench/measures/store_*.py compare with bench/peers.
//
//     store-bench '{"store": "redis", "operation": "get", "url": "redis://…", "concurrency": 64, …}'      prints JSON
//
// Stores: postgres, redis, cache, objects, queue, index; what each needs stands at the head of its source here.
#include <cstdio>

#include "base/log.h"
#include "load.h"

namespace slipway::bench {
namespace {

Result<json::object> run(std::string_view text) {
    SLIPWAY_TRY(const auto settings, parse_json(text));
    if (!settings.is_object()) return fail(ErrorCode::invalid, "The settings are to be one JSON object.");
    const auto& object = settings.get_object();
    const auto store = text_or(object, "store");
    if (store == "postgres") return bench_postgres(object);
    if (store == "redis" || store == "cache") return bench_redis(object);
    if (store == "objects") return bench_objects(object);
    if (store == "queue") return bench_queue(object);
    if (store == "index") return bench_index(object);
    return fail(ErrorCode::invalid, "There is no store \"{}\".", store);
}

}  // namespace
}  // namespace slipway::bench

int main(int count, char** arguments) {
    using namespace slipway;
    if (count != 2) {
        std::fputs("usage: store-bench '{\"store\": …}'\n", stderr);
        return 2;
    }
    log::set_level(log::Level::error);
    const auto report = bench::run(arguments[1]);
    if (!report) {
        std::fprintf(stderr, "store-bench: %s\n", report.error().message.c_str());
        return 1;
    }
    std::puts(write_json(*report).c_str());
    return 0;
}
