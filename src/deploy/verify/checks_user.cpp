// What a user does: signs in, keeps files; and what an admin sees of the stores.
#include <array>

#include "base/crypto.h"
#include "base/text.h"
#include "deploy/verify/site.h"

namespace slipway::deploy {
namespace {

constexpr std::string_view kLogin = "/api/auth/login";

struct Sample {
    std::string_view content_type, name, content;
};
// A picture of one pixel.
constexpr std::string_view kPicture(
    "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9c"
    "c\xf8\xcf\xc0\xf0\x1f\0\5\0\1\xff\x89\x99=\x1d\0\0\0\0IEND\xae"
    "B`\x82",
    70);
constexpr std::array<Sample, 3> kSamples{{{"image/png", "verify.png", kPicture},
                                          {"application/json", "verify.json", "{\"verify\":true}"},
                                          {"text/plain", "verify.txt", "slipway verify\n"}}};

const Sample* sample_for(std::string_view content_type) {
    for (const auto& each : kSamples)
        if (content_type.empty() || each.content_type.starts_with(content_type))
            return content_type.empty() ? &kSamples.back() : &each;
    return nullptr;
}

Task<std::string> keep_file(Site& site, FilePurpose purpose, Sample sample) {
    const auto folder = "/api/files/" + purpose.name;
    auto store = site.request(net::Method::post, folder + "?name=" + std::string(sample.name), true);
    store.headers.set("Content-Type", std::string(sample.content_type));
    store.body = sample.content;
    SLIPWAY_CO_TRY(const auto stored, co_await expect(site, std::move(store), 201));
    const auto id = std::string(text_or(stored.object(), "id"));
    if (id.empty()) co_return fail(ErrorCode::upstream, "POST {} names no id: {}", folder, excerpt(stored.body));
    auto read = site.request(net::Method::get, folder + "/" + id + "/content", true);
    auto content = co_await expect(site, std::move(read), 200);
    auto erase = site.request(net::Method::del, folder + "/" + id, true);
    const auto erased = co_await expect(site, std::move(erase), 204);
    if (!content) co_return pass(content);
    if (content->body != sample.content)
        co_return fail(ErrorCode::upstream,
                       "What was stored in {} comes back as something else ({} bytes instead of {}).", purpose.name,
                       content->body.size(), sample.content.size());
    if (!erased) co_return std::unexpected(erased.error());
    co_return purpose.name;
}

std::string store_text(std::string_view name, const json::object& store) {
    const auto error = text_or(store, "error");
    return error.empty() ? fmt::format("{} {}", name, text_or(store, "engine")) : fmt::format("{}: {}", name, error);
}

}  // namespace

Task<Seen> check_sign_in(Site& site) {
    if (!site.has("post", kLogin)) co_return skipped("the application has no POST /api/auth/login");
    if (site.options.user.empty()) co_return skipped("--user, and its password in SLIPWAY_VERIFY_PASSWORD");
    auto request = site.request(net::Method::post, std::string(kLogin), false);
    const json::object body{{"name", site.options.user}, {"password", site.options.password}};
    request.headers.set("Content-Type", "application/json");
    request.body = write_json(body);
    SLIPWAY_CO_TRY(const auto answer, co_await expect(site, std::move(request), 200));
    site.token = text_or(answer.object(), "access_token");
    auto me = site.request(net::Method::get, "/api/me", true);
    SLIPWAY_CO_TRY(const auto told, co_await expect(site, std::move(me), 200));
    const auto user = told.object();
    co_return green(fmt::format("{} ({})", text_or(user, "username"), text_or(user, "role")));
}

Task<Seen> check_stores(Site& site) {
    if (site.plan.readiness.empty()) co_return skipped("the application has no readiness path");
    auto request = site.request(net::Method::get, site.plan.readiness, true);
    SLIPWAY_CO_TRY(const auto answer, co_await ask(site, std::move(request)));
    const auto told = answer.object();
    std::string stores;
    if (const auto* checks = object_in(told, "checks"))
        for (const auto& [name, store] : *checks)
            if (store.is_object()) stores += (stores.empty() ? "" : ", ") + store_text(name, store.get_object());
    if (answer.status != 200 || !bool_or(told, "ready", false))
        co_return fail(ErrorCode::upstream, "It is not ready ({}): {}", answer.status,
                       stores.empty() ? excerpt(answer.body) : stores);
    co_return green(stores.empty() ? "ready; which stores, it tells admins alone" : stores);
}

// Rows of its tables, read through the whole way.
Task<Seen> check_database(Site& site) {
    if (!site.has("get", "/api/status")) co_return skipped("the application has no GET /api/status");
    if (site.token.empty()) co_return skipped("needs a user");
    auto request = site.request(net::Method::get, "/api/status", true);
    SLIPWAY_CO_TRY(const auto answer, co_await expect(site, std::move(request), 200));
    co_return green("its tables answer: " + excerpt(answer.body));
}

Task<Seen> check_files(Site& site) {
    if (site.plan.files.empty()) co_return skipped("the application keeps no files of members");
    if (site.token.empty()) co_return skipped("needs a user");
    std::string kept;
    for (const auto& purpose : site.plan.files) {
        const auto* sample = sample_for(purpose.content_type);
        if (sample == nullptr) continue;
        SLIPWAY_CO_TRY(const auto name, co_await keep_file(site, purpose, *sample));
        kept += (kept.empty() ? "" : ", ") + name;
    }
    if (kept.empty()) co_return skipped("there is no sample of what they take");
    co_return green("stored, read and deleted: " + kept);
}

}  // namespace slipway::deploy
