#include "retrieval/corpus.h"

#include <fstream>
#include <stdexcept>

#include "base/text.h"
#include "knowledge/folder.h"
#include "knowledge/synonyms.h"
#include "knowledge/tables.h"
#include "model/local_chat.h"
#include "model/local_embedding.h"
#include "must.h"
#include "serve/graph.h"
#include "store/database/sqlite.h"
#include "store/index/embedded.h"
#include "store/objects/file.h"

namespace slipway::test {
namespace {

app::Manifest load(const std::filesystem::path& application) {
    auto loaded = app::load_manifest(application, Environment(), {.purpose = app::Purpose::check});
    if (!loaded.ok())
        throw std::runtime_error(
            fmt::format("{} has {} errors; run `slipway check`", application.string(), loaded.errors()));
    return std::move(loaded.manifest);
}

}  // namespace

std::vector<Question> read_questions(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::vector<Question> questions;
    for (std::string line; std::getline(stream, line);) {
        if (trim(line).empty()) continue;
        const auto parsed = must(parse_json(line));
        const auto& object = parsed.as_object();
        Question question;
        question.id = text_or(object, "id");
        question.kind = text_or(object, "kind");
        question.text = text_or(object, "question");
        question.name_space = text_or(object, "namespace");
        question.answer_contains = text_or(object, "answer_contains");
        question.shares_word = bool_or(object, "shares_word", true);
        if (const auto* turns = array_in(object, "turns"))
            for (const auto& turn : *turns) question.earlier.push_back(to_text(turn.as_string()));
        if (!question.earlier.empty()) {
            question.text = question.earlier.back();
            question.earlier.pop_back();
        }
        if (const auto* documents = array_in(object, "documents"))
            for (const auto& document : *documents) question.documents.insert(to_text(document.as_string()));
        questions.push_back(std::move(question));
    }
    return questions;
}

Corpus::Corpus(const std::filesystem::path& application, By by) : manifest_(load(application)) {
    if (by == By::words_and_meaning) embedding_ = must(model::LocalEmbedding::open(pool_, 2));
    database_ = must(store::open_sqlite(folder_ / "data.db"));
    index_ = must(store::open_embedded(folder_ / "index.db"));
    objects_ = must(store::open_file_objects(folder_ / "objects", {}, pool_));
    must(run_to_end(database_->migrate(store::series_migrations())));
    must(run_to_end(database_->migrate(knowledge::migrations())));
    const auto& section = manifest_.knowledge;
    knowledge::KnowledgeOptions options;
    options.language = section.language;
    options.namespaces = section.namespace_names();
    options.chunk = section.chunk;
    std::shared_ptr<const knowledge::Synonyms> synonyms;
    if (!section.synonyms.empty()) synonyms = must(knowledge::load_synonyms(section.synonyms, section.language));
    knowledge_ = std::make_unique<knowledge::Knowledge>(*database_, *index_, *objects_, pool_, pool_, embedding_,
                                                        std::move(synonyms), std::move(options));
    must(run_to_end(knowledge_->prepare(workspace_)));
    knowledge::FolderOptions folder;
    folder.root = section.documents;
    folder.default_name_space = section.default_namespace;
    const auto report =
        must(run_to_end(knowledge::ingest_folder(*knowledge_, pool_, workspace_, folder, [](const auto&) {})));
    if (report.failed > 0)
        throw std::runtime_error(report.failures.front().first + ": " + report.failures.front().second);
    documents_ = report.added;
    chunks_ = report.chunks;
    for (const auto& node : manifest_.chat.graph)
        if (node.kind == app::NodeKind::answer) notice_ = node.answer.options.notice;
}

std::unique_ptr<agent::Graph> Corpus::graph_with(std::size_t passages) {
    auto manifest = manifest_;
    for (auto& node : manifest.chat.graph) node.retrieve.options.passages = passages;
    model::LocalChatOptions options;
    options.language = manifest.knowledge.language;
    return must(
        serve::make_graph(manifest, *knowledge_, std::make_shared<model::LocalChat>(std::move(options), embedding_)));
}

agent::State Corpus::ask(const Question& question, std::size_t passages) {
    const auto graph = graph_with(passages);
    agent::State state;
    state.input.workspace = workspace_;
    state.input.message = question.text;
    state.question = question.text;
    for (const auto& turn : question.earlier) {
        state.input.history.push_back({model::Role::user, turn});
        state.input.history.push_back({model::Role::assistant, "I see."});
    }
    agent::Listener ignore = [](const agent::Event&) -> Task<void> { co_return Result<void>(); };
    must(run_to_end(graph->run(state, ignore)));
    return state;
}

knowledge::SearchResult Corpus::search(const Question& question, std::size_t limit) {
    knowledge::SearchRequest request;
    request.question = question.text;
    request.earlier = question.earlier;
    request.limit = limit;
    return must(run_to_end(knowledge_->search(workspace_, std::move(request))));
}

}  // namespace slipway::test
