// An index that hands every call to another one; broken adapters change one call of it.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/crypto.h"
#include "store/index/index.h"

namespace slipway::store {

class Wrapped : public Index {
 public:
    explicit Wrapped(std::unique_ptr<Index> inner) : inner_(std::move(inner)) {}

    Task<void> ensure(std::string collection, CollectionOptions options) override {
        return inner_->ensure(std::move(collection), std::move(options));
    }
    Task<std::optional<CollectionInfo>> describe(std::string collection) override {
        return inner_->describe(std::move(collection));
    }
    Task<void> drop(std::string collection) override { return inner_->drop(std::move(collection)); }
    Task<void> renew(std::string collection, CollectionOptions options) override {
        return inner_->renew(std::move(collection), std::move(options));
    }
    Task<void> upsert(WorkspaceId workspace, std::string collection, std::vector<Passage> passages) override {
        return inner_->upsert(std::move(workspace), std::move(collection), std::move(passages));
    }
    Task<std::size_t> erase(WorkspaceId workspace, std::string collection, std::vector<std::string> ids) override {
        return inner_->erase(std::move(workspace), std::move(collection), std::move(ids));
    }
    Task<std::size_t> erase_where(WorkspaceId workspace, std::string collection, Filter filter) override {
        return inner_->erase_where(std::move(workspace), std::move(collection), std::move(filter));
    }
    Task<std::vector<Hit>> search(WorkspaceId workspace, std::string collection, Query query) override {
        return inner_->search(std::move(workspace), std::move(collection), std::move(query));
    }
    Task<Page> scroll(WorkspaceId workspace, std::string collection, Filter filter, std::size_t limit,
                      std::optional<std::string> cursor) override {
        return inner_->scroll(std::move(workspace), std::move(collection), std::move(filter), limit, std::move(cursor));
    }
    Task<std::uint64_t> count(WorkspaceId workspace, std::string collection, Filter filter) override {
        return inner_->count(std::move(workspace), std::move(collection), std::move(filter));
    }
    Task<IndexStatus> status() override { return inner_->status(); }
    Task<void> check_integrity() override { return inner_->check_integrity(); }

 protected:
    std::unique_ptr<Index> inner_;
};

}  // namespace slipway::store
