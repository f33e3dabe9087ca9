#include "store/database/postgres/libpq.h"

#include <dlfcn.h>

namespace slipway::store::postgres {
namespace {

constexpr const char* kLibrary = "libpq.so.5";
constexpr int kVersionMin = 140000;  // the first with pipeline mode

Result<Libpq> load() {
    void* const library = ::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
        return fail(ErrorCode::unavailable,
                    "PostgreSQL's client library ({}) is not installed. On Debian: apt-get install libpq5.", kLibrary);
    Libpq pq;
#define SLIPWAY_LIBPQ_LOAD(name)                                            \
    pq.name = reinterpret_cast<decltype(pq.name)>(::dlsym(library, #name)); \
    if (pq.name == nullptr)                                                 \
        return fail(ErrorCode::unavailable, "{} has no {}: version 14 or later is needed.", kLibrary, #name);
    SLIPWAY_LIBPQ_FUNCTIONS(SLIPWAY_LIBPQ_LOAD)
#undef SLIPWAY_LIBPQ_LOAD
    if (pq.PQlibVersion() < kVersionMin)
        return fail(ErrorCode::unavailable, "{} is of version {}; 14 or later is needed.", kLibrary,
                    pq.PQlibVersion() / 10000);
    return pq;
}

}  // namespace

Result<const Libpq*> libpq() {
    static const Result<Libpq> loaded = load();
    if (!loaded) return std::unexpected(loaded.error());
    return &*loaded;
}

}  // namespace slipway::store::postgres
