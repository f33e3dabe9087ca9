#include "store/database/postgres/kept.h"

#include <algorithm>
#include <set>

#include <boost/asio/query.hpp>

namespace slipway::store::postgres {
namespace {

// All loops that keep connections. Its lock is taken before that of a loop.
struct Registry {
    std::mutex mutex;
    std::set<KeptConnections*> loops;

    static Registry& instance() {
        static Registry registry;
        return registry;
    }
};

}  // namespace

KeptConnections::KeptConnections(asio::execution_context& loop) : asio::execution_context::service(loop) {
    auto& registry = Registry::instance();
    const std::scoped_lock hold(registry.mutex);
    registry.loops.insert(this);
}

KeptConnections::~KeptConnections() = default;

KeptConnections& KeptConnections::of(const asio::any_io_executor& executor) {
    return asio::use_service<KeptConnections>(asio::query(executor, asio::execution::context));
}

void KeptConnections::shutdown() noexcept {
    {
        auto& registry = Registry::instance();
        const std::scoped_lock hold(registry.mutex);
        registry.loops.erase(this);
    }
    std::deque<Entry> gone;  // declared before the lock, so closed after it: that gives places back
    const std::scoped_lock hold(mutex_);
    ended_ = true;
    gone.swap(entries_);
}

std::unique_ptr<Connection> KeptConnections::take(const void* pool) {
    const std::scoped_lock hold(mutex_);
    for (auto entry = entries_.end(); entry != entries_.begin();) {
        --entry;
        if (entry->pool != pool) continue;
        auto connection = std::move(entry->connection);
        entries_.erase(entry);
        return connection;
    }
    return nullptr;
}

void KeptConnections::put(const void* pool, std::unique_ptr<Connection> connection) {
    Entry entry{pool, std::move(connection)};
    const std::scoped_lock hold(mutex_);
    if (!ended_) entries_.push_back(std::move(entry));
}

void KeptConnections::take_chosen(const void* pool, const Choice& choice, std::size_t count_max, Taken& taken) {
    const std::scoped_lock hold(mutex_);
    std::erase_if(entries_, [&](Entry& entry) {
        if (taken.size() == count_max || entry.pool != pool || !choice(*entry.connection)) return false;
        taken.push_back(std::move(entry.connection));
        return true;
    });
}

std::size_t KeptConnections::close_anywhere(const void* pool, const Choice& choice, std::size_t count_max) {
    Taken taken;
    {
        auto& registry = Registry::instance();
        const std::scoped_lock hold(registry.mutex);
        for (auto* const loop : registry.loops) loop->take_chosen(pool, choice, count_max, taken);
    }
    return taken.size();
}

std::size_t KeptConnections::count(const void* pool) {
    auto& registry = Registry::instance();
    const std::scoped_lock hold(registry.mutex);
    std::size_t found = 0;
    for (auto* const loop : registry.loops) {
        const std::scoped_lock hold_loop(loop->mutex_);
        found += static_cast<std::size_t>(
            std::ranges::count_if(loop->entries_, [&](const Entry& entry) { return entry.pool == pool; }));
    }
    return found;
}

}  // namespace slipway::store::postgres
