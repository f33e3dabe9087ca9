// The documents of an application in stores of their own, and its questions (a file of JSON lines), for measuring
// retrieval as it is in production: the application's manifest, the embedded stores, the local models.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/graph.h"
#include "app/manifest/manifest.h"
#include "base/pool.h"
#include "knowledge/service.h"
#include "store/temporary_folder.h"

namespace slipway::test {

struct Question {
    std::string id;
    std::string kind;                  // single, dialogue, unanswerable
    std::string text;                  // the last turn
    std::vector<std::string> earlier;  // the turns before
    std::string name_space;
    std::set<std::string> documents;  // any of them answers
    std::string answer_contains;
    bool shares_word = true;

    bool answerable() const { return kind != "unanswerable"; }
};
std::vector<Question> read_questions(const std::filesystem::path& file);

class Corpus {
 public:
    enum class By { words, words_and_meaning };
    // Throws std::runtime_error with the reason when the application cannot be opened or a document not be read. By
    // meaning: with the built-in embedding model, for which this program must carry its weights.
    Corpus(const std::filesystem::path& application, By by);

    // What a run of the application's graph leaves; `passages` overrides how many are retrieved.
    agent::State ask(const Question& question, std::size_t passages);
    knowledge::SearchResult search(const Question& question, std::size_t limit);

    const app::Manifest& manifest() const { return manifest_; }
    const std::string& notice() const { return notice_; }  // that the answering node puts before a local answer
    std::size_t documents() const { return documents_; }
    std::size_t chunks() const { return chunks_; }

 private:
    std::unique_ptr<agent::Graph> graph_with(std::size_t passages);

    TemporaryFolder folder_;
    WorkspaceId workspace_{"test"};
    app::Manifest manifest_;
    WorkerPool pool_{"test", 2};
    std::shared_ptr<model::EmbeddingModel> embedding_;
    std::unique_ptr<store::Database> database_;
    std::unique_ptr<store::Index> index_;
    std::unique_ptr<store::Objects> objects_;
    std::unique_ptr<knowledge::Knowledge> knowledge_;
    std::string notice_;
    std::size_t documents_ = 0, chunks_ = 0;
};

}  // namespace slipway::test
