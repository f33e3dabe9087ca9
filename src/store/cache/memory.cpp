#include "store/cache/memory.h"

#include <charconv>
#include <chrono>
#include <list>
#include <mutex>
#include <set>
#include <unordered_map>

#include "store/cache/local_limits.h"

namespace slipway::store {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kEntryCost = 256;  // list node, table entries, strings
constexpr std::size_t kShareCost = 512;

class MemoryCache : public Cache {
 public:
    explicit MemoryCache(MemoryCacheOptions options)
        : bytes_max_(options.bytes_max),
          share_max_(options.bytes_max / std::max<std::size_t>(options.share_divisor, 1)) {}

    Task<std::optional<std::string>> get(WorkspaceId workspace, CacheKey key) override {
        SLIPWAY_CO_CHECK(check_cache_key(key));
        const std::lock_guard hold(mutex_);
        const auto* const entry = find(workspace, key, Kind::value);
        if (entry == nullptr) co_return std::optional<std::string>();
        co_return std::optional(entry->value);
    }

    Task<void> set(WorkspaceId workspace, CacheKey key, std::string value, Milliseconds ttl) override {
        SLIPWAY_CO_CHECK(check_cache_key(key));
        SLIPWAY_CO_CHECK(check_cache_value(value, ttl));
        const std::lock_guard hold(mutex_);
        put(workspace, key, Kind::value, std::move(value), Clock::now() + ttl);
        co_return Result<void>();
    }

    Task<bool> add(WorkspaceId workspace, CacheKey key, std::string value, Milliseconds ttl) override {
        SLIPWAY_CO_CHECK(check_cache_key(key));
        SLIPWAY_CO_CHECK(check_cache_value(value, ttl));
        const std::lock_guard hold(mutex_);
        if (find(workspace, key, Kind::value) != nullptr) co_return false;
        put(workspace, key, Kind::value, std::move(value), Clock::now() + ttl);
        co_return true;
    }

    Task<void> erase(WorkspaceId workspace, CacheKey key) override {
        SLIPWAY_CO_CHECK(check_cache_key(key));
        const std::lock_guard hold(mutex_);
        drop(workspace, key, Kind::value);
        drop(workspace, key, Kind::counter);
        co_return Result<void>();
    }

    Task<void> erase_group(WorkspaceId workspace, std::string group) override {
        const std::lock_guard hold(mutex_);
        const auto found = shares_.find(workspace.value);
        if (found == shares_.end()) co_return Result<void>();
        auto& entries = found->second.entries;
        for (auto entry = entries.begin(); entry != entries.end();) {
            const auto next = std::next(entry);
            if (entry->group == group && entry->kind == Kind::value) remove(found->second, entry);
            entry = next;
        }
        forget_if_empty(found);
        co_return Result<void>();
    }

    Task<std::int64_t> count(WorkspaceId workspace, CacheKey key, std::int64_t amount, Milliseconds ttl) override {
        SLIPWAY_CO_CHECK(check_cache_key(key));
        SLIPWAY_CO_CHECK(check_count(amount, ttl));
        const std::lock_guard hold(mutex_);
        auto end = Clock::now() + ttl;
        std::int64_t total = amount;
        if (const auto* const entry = find(workspace, key, Kind::counter)) {
            std::int64_t before = 0;
            std::from_chars(entry->value.data(), entry->value.data() + entry->value.size(), before);
            if (__builtin_add_overflow(before, amount, &total))
                co_return fail(ErrorCode::invalid, "The counter would be too large.");
            end = entry->end;
        }
        put(workspace, key, Kind::counter, fmt::format("{}", total), end);
        co_return total;
    }

    Task<Admission> admit(WorkspaceId workspace, CacheKey key, Limit limit) override {
        SLIPWAY_CO_CHECK(check_cache_key(key));
        SLIPWAY_CO_CHECK(check_limit(limit));
        co_return limits_.admit(workspace, key, limit);
    }

    Task<CacheStatus> status() override {
        const std::lock_guard hold(mutex_);
        CacheStatus status;
        status.engine = "memory";
        status.bytes = bytes_;
        co_return status;
    }

 private:
    enum class Kind : char { value = 'v', counter = 'n' };
    struct Entry {
        std::string key, group, value;
        Kind kind = Kind::value;
        Clock::time_point end;
        std::size_t cost() const { return key.size() + group.size() + value.size() + kEntryCost; }
    };
    using Entries = std::list<Entry>;
    struct Share {
        std::size_t bytes = 0;
        Entries entries;  // used last first
        std::unordered_map<std::string, Entries::iterator> by_key;
    };
    using Shares = std::unordered_map<std::string, Share>;

    static std::string key_of(const CacheKey& key, Kind kind) {
        return fmt::format("{}{}:{}{}", static_cast<char>(kind), key.group.size(), key.group, key.name);
    }

    // Also moves it to the front. nullptr when there is none that is still good.
    const Entry* find(const WorkspaceId& workspace, const CacheKey& key, Kind kind) {
        const auto share = shares_.find(workspace.value);
        if (share == shares_.end()) return nullptr;
        const auto found = share->second.by_key.find(key_of(key, kind));
        if (found == share->second.by_key.end()) return nullptr;
        const auto entry = found->second;
        if (entry->end <= Clock::now()) {
            remove(share->second, entry);
            forget_if_empty(share);
            return nullptr;
        }
        share->second.entries.splice(share->second.entries.begin(), share->second.entries, entry);
        return &*entry;
    }

    void put(const WorkspaceId& workspace, const CacheKey& key, Kind kind, std::string value, Clock::time_point end) {
        drop(workspace, key, kind);
        Entry entry{key_of(key, kind), key.group, std::move(value), kind, end};
        const auto cost = entry.cost();
        if (cost + kShareCost > share_max_) return;  // larger than all it may have
        const auto [found, fresh] = shares_.try_emplace(workspace.value);
        auto& share = found->second;
        if (fresh) grow(share, kShareCost);
        while (share.bytes + cost > share_max_) remove(share, std::prev(share.entries.end()));
        share.entries.push_front(std::move(entry));
        share.by_key.emplace(share.entries.front().key, share.entries.begin());
        grow(share, cost);
        while (bytes_ > bytes_max_) make_room();
    }

    // Of the workspace that holds most.
    void make_room() {
        auto& largest = *largest_.rbegin()->second;
        if (!largest.entries.empty()) remove(largest, std::prev(largest.entries.end()));
        if (!largest.entries.empty()) return;
        for (auto share = shares_.begin(); share != shares_.end(); ++share)
            if (&share->second == &largest) return forget_if_empty(share);
    }

    void drop(const WorkspaceId& workspace, const CacheKey& key, Kind kind) {
        const auto share = shares_.find(workspace.value);
        if (share == shares_.end()) return;
        const auto found = share->second.by_key.find(key_of(key, kind));
        if (found == share->second.by_key.end()) return;
        remove(share->second, found->second);
        forget_if_empty(share);
    }

    void remove(Share& share, Entries::iterator entry) {
        grow(share, -entry->cost());
        share.by_key.erase(entry->key);
        share.entries.erase(entry);
    }

    void forget_if_empty(Shares::iterator share) {
        if (!share->second.entries.empty()) return;
        largest_.erase({share->second.bytes, &share->second});
        bytes_ -= share->second.bytes;
        shares_.erase(share);
    }

    // Adds bytes, modulo their width.
    void grow(Share& share, std::size_t bytes) {
        largest_.erase({share.bytes, &share});
        share.bytes += bytes;
        bytes_ += bytes;
        largest_.emplace(share.bytes, &share);
    }

    const std::size_t bytes_max_, share_max_;
    std::mutex mutex_;
    Shares shares_;
    std::set<std::pair<std::size_t, Share*>> largest_;
    std::size_t bytes_ = 0;
    LocalLimits limits_;
};

}  // namespace

std::unique_ptr<Cache> make_memory_cache(MemoryCacheOptions options) { return std::make_unique<MemoryCache>(options); }

}  // namespace slipway::store
