// What is the same for every engine over the network: checks of input, collections remembered by name, pages of scroll.
// An engine answers for one generation of a collection; when that turns out to be gone, its name is looked up again and
// the work done once more, so that renew() of another process is no error.
#pragma once

#include <memory>

#include "store/index/index.h"

namespace slipway::store {

struct RemoteCollection {
    std::string name;  // in the engine, of this generation: another one, and other options, have another name
    CollectionOptions options;
};

// What an engine answers for a collection that is gone.
std::unexpected<Error> collection_is_gone();

// Thread safe. Input is checked already, but for passages (which an engine does on its pool) and what only it knows.
class RemoteEngine {
 public:
    virtual ~RemoteEngine() = default;

    virtual Task<std::optional<RemoteCollection>> look_up(std::string name) = 0;
    // Of two at once with the same options both succeed; one that was there already stays.
    virtual Task<void> create(std::string name, CollectionOptions options) = 0;
    virtual Task<void> renew(std::string name, CollectionOptions options) = 0;
    virtual Task<void> drop(std::string name) = 0;

    virtual Task<void> write(const RemoteCollection& collection, const WorkspaceId& workspace,
                             const std::vector<Passage>& passages) = 0;
    virtual Task<std::size_t> erase(const RemoteCollection& collection, const WorkspaceId& workspace,
                                    const std::vector<std::string>& ids) = 0;  // each once
    virtual Task<std::size_t> erase_where(const RemoteCollection& collection, const WorkspaceId& workspace,
                                          const Filter& filter) = 0;
    virtual Task<std::vector<Hit>> search(const RemoteCollection& collection, const WorkspaceId& workspace,
                                          const Query& query) = 0;
    // The first `count` by id of those behind `after`.
    virtual Task<std::vector<Passage>> list(const RemoteCollection& collection, const WorkspaceId& workspace,
                                            const Filter& filter, std::size_t count,
                                            const std::optional<std::string>& after) = 0;
    virtual Task<std::uint64_t> count(const RemoteCollection& collection, const WorkspaceId& workspace,
                                      const Filter& filter) = 0;
    virtual Task<std::uint64_t> count_all(const RemoteCollection& collection) = 0;
    virtual Task<IndexStatus> status() = 0;
    virtual Task<void> check_integrity() = 0;
};

std::unique_ptr<Index> index_on(std::unique_ptr<RemoteEngine> engine);

}  // namespace slipway::store
