#include "store/database/postgres/pool.h"

#include <algorithm>
#include <charconv>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"

namespace slipway::store::postgres {
namespace {

constexpr Milliseconds kPauseLeast{50}, kPauseMost{2'000};
constexpr Milliseconds kTellEvery{5'000};
constexpr std::size_t kCancellationsMax = 64;
constexpr int kVersionMin = 13;

// libpq sends these blockingly, to a server that may be frozen; so nobody waits for these threads, not even the end of
// the program.
void send_apart(Cancellation cancellation) {
    static auto& threads = *new asio::thread_pool(2);
    static std::atomic<std::size_t> waiting{0};
    if (waiting.fetch_add(1) >= kCancellationsMax) {
        waiting.fetch_sub(1);
        return;
    }
    asio::post(threads, [kept = std::make_shared<Cancellation>(std::move(cancellation))] {
        kept->send();
        waiting.fetch_sub(1);
    });
}

// What asking again will not change. (libpq has no code for it.)
bool is_final(const Error& error) {
    constexpr std::string_view kSigns[] = {
        "authentication failed", "does not exist",       "no pg_hba.conf entry",    "certificate",
        "no password supplied",  "does not support SSL", "not permitted to log in", "is not installed"};
    return error.code != ErrorCode::unavailable ||
           std::ranges::any_of(kSigns, [&](auto sign) { return error.message.find(sign) != std::string::npos; });
}

}  // namespace

struct Pool::Place {
    explicit Place(std::weak_ptr<Pool> of) : pool(std::move(of)) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
        if (const auto known = pool.lock()) known->free_place();
    }
    std::weak_ptr<Pool> pool;
};

struct Pool::Waiter {
    explicit Waiter(const asio::any_io_executor& executor) : timer(executor) {}
    // With mutex_ held, and let go of before it is free: who has waited asks for it, and its loop may end after that,
    // and the timer must not outlive the loop.
    static void grant(std::shared_ptr<Waiter> self) {
        self->granted = true;
        const auto executor = self->timer.get_executor();
        asio::post(executor, [self = std::move(self)] { self->timer.cancel(); });
    }
    asio::steady_timer timer;
    bool granted = false;                    // guarded by mutex_: a place is its
    std::unique_ptr<Connection> connection;  // in that place, or not yet
};

Lease& Lease::operator=(Lease&& other) noexcept {
    give_back();
    pool_ = std::move(other.pool_);
    connection_ = std::move(other.connection_);
    return *this;
}

void Lease::give_back() {
    if (const auto pool = std::exchange(pool_, nullptr); pool && connection_) pool->give_back(std::move(connection_));
}

Pool::Pool(const Libpq& pq, Target target, PoolOptions options)
    : pq_(&pq),
      target_(std::move(target)),
      options_(std::move(options)),
      cancel_(std::make_shared<std::function<void(Cancellation)>>(send_apart)) {}

std::shared_ptr<Pool> Pool::make(const Libpq& pq, Target target, PoolOptions options) {
    std::shared_ptr<Pool> pool(new Pool(pq, std::move(target), std::move(options)));
    pool->watch();
    return pool;
}

void Pool::close() {
    {
        const std::scoped_lock hold(mutex_);
        closed_ = true;
    }
    background_.stop();
    background_.join();
    const auto all = [](const Connection&) { return true; };
    KeptConnections::close_anywhere(this, all);
}

bool Pool::worth_keeping(const Connection& connection) const {
    const auto now = Clock::now();
    const auto idle_max = target_.drains ? std::min(options_.drain_time, target_.idle_time_max) : target_.idle_time_max;
    return now - connection.opened_at < options_.lifetime_max && now - connection.idle_since < idle_max;
}

// Looks a few times within the time that a connection may rest.
void Pool::watch() {
    const auto idle_max = target_.drains ? std::min(options_.drain_time, target_.idle_time_max) : target_.idle_time_max;
    watch_timer_.expires_after(std::clamp<Milliseconds>(idle_max / 8, Milliseconds(20), Milliseconds(30'000)));
    watch_timer_.async_wait([this](boost::system::error_code error) {
        if (error) return;
        const auto old = [this](const Connection& connection) { return !worth_keeping(connection); };
        KeptConnections::close_anywhere(this, old);
        watch();
    });
}

Pool::PlacePointer Pool::reserve() {
    {
        const std::scoped_lock hold(mutex_);
        if (open_ >= target_.connections_max) return nullptr;
        ++open_;
    }
    return std::make_shared<Place>(weak_from_this());
}

// A place whose connection is closed: of the first who waits, if anybody does.
void Pool::free_place() {
    const std::scoped_lock hold(mutex_);
    if (line_.empty()) {
        --open_;
        return;
    }
    auto next = std::move(line_.front());
    line_.pop_front();
    Waiter::grant(std::move(next));
}

// To the first who waits, when it is of his loop. Where it is not, it is closed, and he gets the place. Whether the
// server is still there is asked by who takes it from rest.
void Pool::give_back(std::unique_ptr<Connection> connection) {
    if (!connection->idle()) return;
    connection->idle_since = Clock::now();
    {
        const std::scoped_lock hold(mutex_);
        if (!line_.empty()) {
            const bool same_loop = connection->executor() == line_.front()->timer.get_executor();
            if (!same_loop || !connection->idle_and_open()) return;
            auto next = std::move(line_.front());
            line_.pop_front();
            next->connection = std::move(connection);
            Waiter::grant(std::move(next));
            return;
        }
        if (closed_) return;
    }
    KeptConnections::of(connection->executor()).put(this, std::move(connection));
}

Task<Pool::Granted> Pool::wait_in_line(asio::any_io_executor executor) {
    const auto waiter = std::make_shared<Waiter>(executor);
    {
        const std::scoped_lock hold(mutex_);
        if (open_ < target_.connections_max) {  // one came free since it was asked for
            ++open_;
            Granted granted{.place = std::make_shared<Place>(weak_from_this()), .connection = nullptr};
            co_return std::move(granted);
        }
        if (line_.size() >= options_.waiting_max)
            co_return fail(ErrorCode::unavailable, "{} requests wait for the database already; try again in a moment.",
                           line_.size());
        waiter->timer.expires_after(options_.wait_time_max);
        line_.push_back(waiter);
    }
    // One that came to rest on another loop meanwhile.
    const auto any = [](const Connection&) { return true; };
    KeptConnections::close_anywhere(this, any, 1);
    co_await waiter->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    Granted granted;
    {
        const std::scoped_lock hold(mutex_);
        granted.connection = std::move(waiter->connection);
        if (!waiter->granted) std::erase(line_, waiter);
    }
    if (granted.connection) co_return std::move(granted);
    if (waiter->granted) granted.place = std::make_shared<Place>(weak_from_this());
    if (granted.place) co_return std::move(granted);
    co_return fail(ErrorCode::unavailable,
                   "None of the {} connections to the database came free in time; try again in a moment, or raise "
                   "pool= in its URL.",
                   target_.connections_max);
}

Task<Lease> Pool::take(bool fresh) {
    const auto executor = co_await asio::this_coro::executor;
    auto& kept = KeptConnections::of(executor);
    while (auto connection = fresh ? nullptr : kept.take(this)) {
        if (!connection->idle_and_open() || !worth_keeping(*connection)) continue;
        co_return Lease(shared_from_this(), std::move(connection));
    }
    Granted granted;
    granted.place = reserve();
    const auto any = [](const Connection&) { return true; };
    if (!granted.place && KeptConnections::close_anywhere(this, any, 1) > 0) granted.place = reserve();
    if (!granted.place) {
        SLIPWAY_CO_TRY(granted, co_await wait_in_line(executor));
    }
    if (granted.connection && fresh) granted.place = std::exchange(granted.connection->place, nullptr);
    if (granted.connection && !fresh) co_return Lease(shared_from_this(), std::move(granted.connection));
    SLIPWAY_CO_TRY(auto connection, co_await open_one(std::move(granted.place), options_.reconnect_time_max));
    co_return Lease(shared_from_this(), std::move(connection));
}

Task<void> Pool::wait_for_server(Milliseconds patience) {
    auto place = reserve();
    if (!place) co_return Result<void>();
    SLIPWAY_CO_TRY(auto connection, co_await open_one(std::move(place), patience, true));
    give_back(std::move(connection));
    co_return Result<void>();
}

// How long to wait before the next attempt, which is the caller's.
Milliseconds Pool::pause_before_opening() {
    const std::scoped_lock hold(mutex_);
    const auto now = Clock::now();
    const auto at = std::max(now, next_opening_);
    if (failures_ > 0) {
        const auto pause = std::min(kPauseMost, kPauseLeast * (1 << std::min<std::size_t>(failures_, 6)));
        const auto jitter = static_cast<unsigned char>(random_bytes(1)[0]);
        next_opening_ = at + pause / 2 + pause * jitter / 512;
    }
    return std::chrono::ceil<Milliseconds>(at - now);
}

void Pool::opened(bool well) {
    const std::scoped_lock hold(mutex_);
    failures_ = well ? 0 : failures_ + 1;
    if (well) next_opening_ = {};
}

Task<std::unique_ptr<Connection>> Pool::open_one(PlacePointer place, Milliseconds patience, bool tell) {
    const auto end = Clock::now() + patience;
    auto tell_at = Clock::now();
    for (;;) {
        const auto pause = pause_before_opening();
        if (pause > Milliseconds(0)) co_await sleep_for(std::min(pause, patience));
        auto connection = co_await try_to_open();
        opened(connection.has_value());
        if (connection) (*connection)->place = std::move(place);
        const auto now = Clock::now();
        if (connection || is_final(connection.error()) || now >= end) co_return std::move(connection);
        if (!tell || now < tell_at) continue;
        log::warning("waiting for a store",
                     {{"store", "database"}, {"url", target_.shown()}, {"error", connection.error().message}});
        tell_at = now + kTellEvery;
    }
}

Task<std::unique_ptr<Connection>> Pool::try_to_open() {
    Connection::Opening opening{
        .pq = pq_, .target = &target_, .password = target_.password, .address = {}, .cancel = cancel_};
    SLIPWAY_CO_TRY(opening.address, co_await addresses());
    if (options_.password) {
        SLIPWAY_CO_TRY(opening.password, co_await options_.password());
    }
    SLIPWAY_CO_TRY(auto connection, co_await Connection::open(std::move(opening)));
    SLIPWAY_CO_CHECK(co_await look_at(*connection));
    co_return std::move(connection);
}

// For each host one address, as libpq would look them up blockingly. Empty where it needs none: sockets of this
// machine, and addresses that are given.
Task<std::string> Pool::addresses() {
    std::string hosts, joined;
    for (const auto& [keyword, value] : target_.keywords) {
        if (keyword == "hostaddr") co_return std::string();
        if (keyword == "host") hosts = value;
    }
    if (hosts.empty() || hosts.starts_with('/')) co_return std::string();
    for (const auto host : split(hosts, ',')) {
        SLIPWAY_CO_TRY(const auto found,
                       co_await resolver_.resolve(std::string(host), target_.port, target_.connect_time_max));
        if (found.empty()) co_return fail(ErrorCode::unavailable, "The host {} of the database has no address.", host);
        const auto& chosen = found[failures_ % found.size()];
        joined += (joined.empty() ? "" : ",") + chosen.address().to_string();
    }
    co_return joined;
}

// Who is there: a server of our time, and is it the one whose process we were told?
Task<void> Pool::look_at(Connection& connection) {
    int version = 0;
    const auto told = connection.parameter("server_version");
    std::from_chars(told.data(), told.data() + told.size(), version);
    if (version < kVersionMin)
        co_return fail(ErrorCode::invalid, "The database {} is PostgreSQL {}; {} or later is needed.", target_.shown(),
                       told, kVersionMin);
    if (target_.prepared != Prepared::automatic) {
        connection.set_preparing(target_.prepared == Prepared::always);
        co_return Result<void>();
    }
    const std::vector<Command> ask = {{.sql = "select pg_backend_pid()"}};
    SLIPWAY_CO_TRY(const auto answers, co_await connection.run(ask, target_.connect_time_max));
    if (pq_->PQresultStatus(answers.front().get()) != PGRES_TUPLES_OK)
        co_return std::unexpected(failure_of(*pq_, answers.front().get(), ask.front().sql, target_.shown()).error);
    SLIPWAY_CO_TRY(const auto rows, rows_of(*pq_, answers.front().get(), 1024));
    connection.set_preparing(rows.front().integer("pg_backend_pid") == connection.server_process());
    co_return Result<void>();
}

PoolCounts Pool::counts() {
    const auto idle = KeptConnections::count(this);
    const std::scoped_lock hold(mutex_);
    return {.open = open_, .idle = idle, .waiting = line_.size()};
}

}  // namespace slipway::store::postgres
