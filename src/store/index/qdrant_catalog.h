// Collections in Qdrant: their names, their making, and what is remembered of them (qdrant.h). Internal to this room.
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "store/index/qdrant.h"
#include "store/index/remote_client.h"
#include "store/index/remote_index.h"

namespace slipway::store::qdrant {

struct Version {
    int major = 0, minor = 0;
    bool has(int other) const { return major > 1 || (major == 1 && minor >= other); }  // 1.<other> or newer
};

std::unexpected<Error> failure_of(const RemoteClient& client, const RemoteAnswer& answer, std::string_view doing);
// <method> /collections/<collection>/<what>; the answer is good and has a result.
Task<RemoteAnswer> ask(RemoteClient& client, const RemoteCollection& collection, std::string_view what,
                       net::Method method, std::string body, Milliseconds limit);
// Of an answer.
const json::object& result_of(const RemoteAnswer& answer);

// Thread safe.
class Catalog {
 public:
    Catalog(RemoteClient& client, const QdrantOptions& options) : client_(client), options_(options) {}

    Task<Version> version();  // asked once
    Task<std::optional<RemoteCollection>> look_up(std::string name);
    Task<void> ensure(std::string name, CollectionOptions options);
    Task<void> renew(std::string name, CollectionOptions options);
    Task<void> drop(std::string name);
    // Before data: an index for each number that a filter may ask for a range of.
    Task<void> index_numbers(const RemoteCollection& collection, const std::set<std::string>& fields);

 private:
    std::string alias_of(std::string_view name) const;
    Task<std::optional<std::string>> target(std::string name);
    Task<void> create(std::string name, std::string collection, CollectionOptions options);
    Task<void> index_field(const RemoteCollection& collection, std::string field, json::object schema);
    Task<void> write_information(std::string name, const RemoteCollection& collection);
    Task<void> move_alias(std::string alias, std::string to, bool replaces);
    Task<void> remove(std::string collection);

    RemoteClient& client_;
    const QdrantOptions& options_;
    std::mutex mutex_;
    std::optional<Version> version_;
    std::map<std::string, std::set<std::string>> numbers_;  // that have an index, by collection
};

}  // namespace slipway::store::qdrant
