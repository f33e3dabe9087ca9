// Collections in OpenSearch: their names, their making, and what is remembered of them (opensearch.h). Internal to this
// room.
#pragma once

#include <map>
#include <mutex>

#include "store/index/opensearch.h"
#include "store/index/remote_client.h"

namespace slipway::store::opensearch {

struct Collection {
    std::string index;  // of this generation: another one, and other options, have another name
    CollectionOptions options;
    // Writes go through it and demand it, so that they cannot make an index that was dropped meanwhile.
    std::string write_alias() const { return index + ".w"; }
};

// `not_found` with details.stale when an index is gone, so that its name is looked up again.
std::unexpected<Error> failure_of(const RemoteClient& client, const RemoteAnswer& answer, std::string_view doing);
bool is_stale(const Error& error);

// Thread safe.
class Catalog {
 public:
    Catalog(RemoteClient& client, const OpenSearchOptions& options) : client_(client), options_(options) {}

    // Remembered, until forget().
    Task<Collection> find(std::string name);
    void forget(const std::string& name);

    Task<std::optional<Collection>> look_up(std::string name);
    Task<void> ensure(std::string name, CollectionOptions options);
    Task<void> renew(std::string name, CollectionOptions options);
    Task<void> drop(std::string name);

 private:
    std::string alias_of(std::string_view name) const;
    Task<std::vector<Collection>> targets(std::string name);
    // `with_alias`: found by its name from the beginning.
    Task<bool> create(std::string name, std::string index, CollectionOptions options, bool with_alias);
    Task<void> remove(std::string index);
    Task<void> move_alias(std::string alias, std::string index, std::vector<Collection> old);

    RemoteClient& client_;
    const OpenSearchOptions& options_;
    std::mutex mutex_;
    std::map<std::string, Collection> known_;
};

}  // namespace slipway::store::opensearch
