// What processes on the same stores settle among each other: is the index whole, does a backup copy originals?
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/crypto.h"
#include "base/log.h"
#include "knowledge/leases.h"
#include "knowledge/service.h"

namespace slipway::knowledge {
namespace {

asio::awaitable<void> end_lease(std::shared_ptr<ProcessLease> lease) {
    const auto ended = co_await lease->end();
    if (!ended) log::warning("originals stay until a lease has run out", {{"error", ended.error().message}});
}

}  // namespace

// Whether the index has as many passages as the database has chunks. Nothing while that cannot be told, as somebody is
// changing them.
Task<std::optional<bool>> Knowledge::index_is_whole() {
    constexpr std::string_view kCounts =
        "select (select coalesce(sum(chunks), 0) from documents where version > 0) as chunks, "
        "(select count(*) from documents where dirty > 0) as dirty";
    SLIPWAY_CO_TRY(const auto before, co_await database_.read(store::Scope::system(), std::string(kCounts)));
    SLIPWAY_CO_TRY(const auto info, co_await index_.describe(options_.collection));
    const auto chunks = before.front().integer("chunks");
    const auto passages = info ? static_cast<std::int64_t>(info->passages) : 0;
    const bool empty = passages == 0 && chunks > 0;
    if (shared() && !empty) {
        SLIPWAY_CO_TRY(const auto after, co_await database_.read(store::Scope::system(), std::string(kCounts)));
        const bool still = before.front().integer("dirty") == 0 && after.front().integer("dirty") == 0 &&
                           after.front().integer("chunks") == chunks;
        if (!still) co_return std::nullopt;
    }
    if (passages != chunks)
        log::warning("the search index is not whole and is made anew", {{"passages", passages}, {"chunks", chunks}});
    if (chunks == 0 && passages == 0) SLIPWAY_CO_CHECK(co_await remember_model());
    co_return std::optional(passages == chunks);
}

// A lost index, or one whose making was cut short, lacks passages; nobody would notice but by what is not found.
Task<void> Knowledge::mend_index() {
    SLIPWAY_CO_TRY(const auto whole, co_await index_is_whole());
    unmended_ = !whole.has_value();
    if (unmended_) holds_.left() = true;
    if (unmended_ || *whole) co_return Result<void>();
    std::function<void(std::size_t, std::size_t)> nobody;
    const auto made = co_await reindex(std::move(nobody));
    if (made) co_return Result<void>();
    // Another server is at it: we look again when it is done.
    unmended_ = shared() && made.error().code == ErrorCode::conflict;
    if (unmended_) holds_.left() = true;
    if (unmended_) co_return Result<void>();
    log::error("the search index is not whole", {{"error", made.error().message}});
    note_.store(std::make_shared<const std::string>(fmt::format(
        "The search index is not whole, so not all is found. Run `slipway reindex`. ({})", made.error().message)));
    co_return Result<void>();
}

// The index that a server began to make anew, and did not; and whether it is whole, where that could not be told.
Task<void> Knowledge::finish_index() {
    if (!shared() || !options_.mend_index) co_return Result<void>();
    const auto sql = fmt::format(
        "select case when until <= {} then 1 else 0 end as over from knowledge_leases where workspace = '' and "
        "name = 'index'",
        holds_.clock());
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(store::Scope::system(), sql));
    if (!rows.empty() && rows.front().truth("over")) {
        std::function<void(std::size_t, std::size_t)> nobody;
        log::warning("the search index was not made to the end and is made anew");
        auto made = co_await reindex(std::move(nobody));
        if (!made && made.error().code != ErrorCode::conflict) co_return pass(made);
        co_return Result<void>();
    }
    if (!rows.empty()) holds_.left() = true;  // it may die of it
    if (rows.empty() && unmended_) co_return co_await mend_index();
    // Another server may have made it fit our model.
    if (rows.empty() && note_.load() != nullptr) co_return co_await check_embedding();
    co_return Result<void>();
}

Task<std::shared_ptr<void>> Knowledge::hold_originals() {
    originals_held_.fetch_add(1);
    std::shared_ptr<void> here(this, [](void* held) { static_cast<Knowledge*>(held)->originals_held_.fetch_sub(1); });
    if (!shared()) co_return here;
    const auto forget_old =
        fmt::format("delete from knowledge_leases where workspace = '' and name like 'originals/%' and until <= {}",
                    holds_.clock());
    SLIPWAY_CO_CHECK(co_await database_.write(store::Scope::system(), forget_old));
    SLIPWAY_CO_TRY(auto taken, co_await ProcessLease::take(database_, holds_, "originals/" + random_token(12)));
    if (!taken) co_return fail(ErrorCode::conflict, "Originals could not be held; try again.");
    const auto executor = co_await asio::this_coro::executor;
    auto lease = std::make_shared<ProcessLease>(std::move(*taken));
    auto let_go = [here, lease, executor](void*) { asio::co_spawn(executor, end_lease(lease), asio::detached); };
    co_return std::shared_ptr<void>(this, std::move(let_go));
}

// By a backup of this process or of another. Whoever asks has told the database what is to go, so a backup that begins
// after the answer does not name it.
Task<bool> Knowledge::originals_are_held() {
    if (originals_held_ > 0) co_return true;
    if (!shared()) co_return false;
    const auto sql = fmt::format(
        "select 1 as held from knowledge_leases where workspace = '' and name like 'originals/%' and until > {} "
        "limit 1",
        holds_.clock());
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(store::Scope::system(), sql));
    co_return !rows.empty();
}

}  // namespace slipway::knowledge
