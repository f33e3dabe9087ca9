// Collections in OpenSearch: their names, their making, and what is remembered of them (opensearch.h). Internal to this
// room.
#pragma once

#include "store/index/opensearch.h"
#include "store/index/remote_client.h"
#include "store/index/remote_index.h"

namespace slipway::store::opensearch {

// Writes go through it and demand it, so that they cannot make an index that was dropped meanwhile.
inline std::string write_alias(std::string_view index) { return fmt::format("{}.w", index); }

std::unexpected<Error> failure_of(const RemoteClient& client, const RemoteAnswer& answer, std::string_view doing);

// Thread safe.
class Catalog {
 public:
    Catalog(RemoteClient& client, const OpenSearchOptions& options) : client_(client), options_(options) {}

    Task<std::optional<RemoteCollection>> look_up(std::string name);
    Task<void> ensure(std::string name, CollectionOptions options);
    Task<void> renew(std::string name, CollectionOptions options);
    Task<void> drop(std::string name);

 private:
    std::string alias_of(std::string_view name) const;
    Task<std::vector<RemoteCollection>> targets(std::string name);
    // `with_alias`: found by its name from the beginning.
    Task<bool> create(std::string name, std::string index, CollectionOptions options, bool with_alias);
    Task<void> remove(std::string index);
    Task<void> move_alias(std::string alias, std::string index, std::vector<RemoteCollection> old);

    RemoteClient& client_;
    const OpenSearchOptions& options_;
};

}  // namespace slipway::store::opensearch
