// What crashes, backups and full disks leave undone is finished; what does not agree is found.
#include <gtest/gtest.h>

#include "knowledge/service.h"
#include "knowledge/tables.h"
#include "must.h"
#include "store/database/engines/any_database.h"
#include "store/index/embedded.h"
#include "store/objects/file.h"
#include "store/temporary_folder.h"

namespace slipway::knowledge {
namespace {

using test::must;

// Two models with vectors of the same length that have nothing to do with each other.
class FlatModel final : public model::EmbeddingModel {
 public:
    explicit FlatModel(std::string name) : name_(std::move(name)) {}
    Task<std::vector<store::Vector>> embed(std::vector<std::string> texts) override {
        embedded += texts.size();
        co_return std::vector<store::Vector>(texts.size(), store::Vector{1, 0});
    }
    std::size_t dimension() const override { return 2; }
    std::string name() const override { return name_; }
    std::size_t embedded = 0;

 private:
    std::string name_;
};

class Recovery : public testing::Test {
 protected:
    void open(std::shared_ptr<model::EmbeddingModel> embedding = nullptr) {
        knowledge_.reset();
        index_.reset();
        database_.reset();
        database_ = must(test::open_any_database(folder_ / "data.db"));
        index_ = must(store::open_embedded(folder_ / "index.db"));
        objects_ = must(store::open_file_objects(folder_ / "objects", {}, pool_));
        must(run_to_end(database_->migrate(store::series_migrations())));
        must(run_to_end(database_->migrate(migrations())));
        knowledge_ = std::make_unique<Knowledge>(*database_, *index_, *objects_, pool_, pool_, std::move(embedding),
                                                 nullptr, KnowledgeOptions());
        must(run_to_end(knowledge_->prepare(workspace_)));
    }
    Document put(std::string source, std::string text) {
        NewDocument document;
        document.source = source;
        document.file_name = source;
        document.bytes = std::move(text);
        return must(run_to_end(knowledge_->put(workspace_, std::move(document)))).document;
    }
    std::size_t found(std::string question) {
        SearchRequest request;
        request.question = std::move(question);
        return must(run_to_end(knowledge_->search(workspace_, std::move(request)))).found.size();
    }
    std::size_t originals() { return must(run_to_end(objects_->list(workspace_, "", 100, {}))).objects.size(); }
    std::vector<std::string> findings() { return must(run_to_end(knowledge_->verify(workspace_))).findings; }
    void change(std::string sql) {
        must(run_to_end(database_->write(store::Scope::system(), std::move(sql), store::Parameters())));
    }

    test::TemporaryFolder folder_;
    WorkspaceId workspace_{"one"};
    WorkerPool pool_{"test", 2};
    std::unique_ptr<store::Database> database_;
    std::unique_ptr<store::Index> index_;
    std::unique_ptr<store::Objects> objects_;
    std::unique_ptr<Knowledge> knowledge_;
};

TEST_F(Recovery, OriginalsGoWhereverAReleaseKeptThem) {
    open();
    const auto id = put("whales.md", "A whale sings for hours.").id;
    for (const auto& key :
         {fmt::format("documents/{}/{}-a", id.substr(id.size() - 2), id), fmt::format("documents/{}/a", id)})
        must(run_to_end(objects_->put(workspace_, key, "A whale.", "text/markdown")));
    EXPECT_EQ(originals(), 3U);
    must(run_to_end(knowledge_->remove(workspace_, id)));
    EXPECT_EQ(originals(), 0U);
}

TEST_F(Recovery, OriginalsThatABackupHoldsGoAfterIt) {
    open();
    const auto document = put("whales.md", "A whale sings for hours.");
    auto beside_a_backup = [&]() -> Task<std::size_t> {
        SLIPWAY_CO_TRY(const auto hold, co_await knowledge_->hold_originals());
        SLIPWAY_CO_CHECK(co_await knowledge_->remove(workspace_, document.id));
        for (const std::string_view text : {"A whale breathes air.", "A whale breathes nothing but air."}) {
            NewDocument next;
            next.source = next.file_name = "whales.md";
            next.bytes = text;
            SLIPWAY_CO_CHECK(co_await knowledge_->put(workspace_, std::move(next)));
        }
        SLIPWAY_CO_TRY(const auto kept, co_await objects_->list(workspace_, "", 100, {}));
        co_return kept.objects.size();
    };
    EXPECT_EQ(must(run_to_end(beside_a_backup())), 3U) << "the backup may still copy them";
    EXPECT_TRUE(knowledge_->has_leftovers());
    must(run_to_end(knowledge_->recover(workspace_)));
    EXPECT_FALSE(knowledge_->has_leftovers());
    EXPECT_EQ(originals(), 1U);
    EXPECT_EQ(found("whale"), 1U);
    EXPECT_EQ(findings(), std::vector<std::string>());
}

TEST_F(Recovery, AnIndexThatLacksPassagesIsMadeAnew) {
    open();
    put("whales.md", "A whale sings for hours.");
    put("tides.md", "The tide turns twice a day.");
    must(run_to_end(index_->erase_where(workspace_, "documents", store::Filter())));
    EXPECT_EQ(found("whale"), 0U);
    open();
    EXPECT_EQ(found("whale"), 1U);
    EXPECT_EQ(findings(), std::vector<std::string>());
}

TEST_F(Recovery, ALostIndexDoesNotMixTheVectorsOfTwoModels) {
    const auto first = std::make_shared<FlatModel>("test/first"), second = std::make_shared<FlatModel>("test/second");
    open(first);
    put("whales.md", "A whale sings for hours.");
    EXPECT_EQ(first->embedded, 1U);
    knowledge_.reset();
    index_.reset();
    must(store::remove_embedded(folder_ / "index.db"));
    open(second);
    EXPECT_EQ(second->embedded, 1U) << "the stored vectors are of the first model";
    open(second);
    EXPECT_EQ(second->embedded, 1U);
}

TEST_F(Recovery, ReindexingLeavesOutWhatIsRemovedMeanwhile) {
    open();
    const auto document = put("whales.md", "A whale sings for hours.");
    put("tides.md", "The tide turns twice a day.");
    bool removed = false;
    auto remove_one = [&](std::size_t, std::size_t) {
        if (!std::exchange(removed, true)) change("update documents set status = 'removing' where source = 'tides.md'");
    };
    EXPECT_EQ(must(run_to_end(knowledge_->reindex(remove_one))), 1U);
    EXPECT_EQ(found("whale"), 1U);
}

TEST_F(Recovery, WhatDoesNotAgreeIsFound) {
    open();
    const auto document = put("whales.md", "A whale sings for hours.");
    EXPECT_EQ(findings(), std::vector<std::string>());
    change("update document_chunks set text = 'A whale swims for hours.'");
    ASSERT_EQ(findings().size(), 1U);
    EXPECT_NE(findings().front().find("not what was stored"), std::string::npos);
    change("update document_chunks set text = 'A whale sings for hours.'");
    must(run_to_end(objects_->erase(workspace_, document.object_key)));
    ASSERT_EQ(findings().size(), 1U);
    EXPECT_NE(findings().front().find("original"), std::string::npos);
    must(run_to_end(index_->erase_where(workspace_, "documents", store::Filter())));
    std::vector<store::Passage> stray(1);
    stray.front().id = "stray";
    stray.front().text = "Of nobody.";
    stray.front().metadata["document_id"] = "nobody";
    must(run_to_end(index_->upsert(workspace_, "documents", std::move(stray))));
    EXPECT_EQ(findings().size(), 3U) << "passages are lacking, one is nobody's, the original is gone";
}

}  // namespace
}  // namespace slipway::knowledge
