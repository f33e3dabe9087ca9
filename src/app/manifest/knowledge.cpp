#include "app/manifest/knowledge.h"

#include "knowledge/service.h"

namespace slipway::app {
namespace {

// The languages of the analyser (Snowball); tests hold this list against store::is_language().
constexpr std::array<std::string_view, 30> kLanguages{
    "english",    "arabic",  "armenian",  "basque",  "catalan",    "danish",     "dutch",   "finnish",
    "french",     "german",  "greek",     "hindi",   "hungarian",  "indonesian", "irish",   "italian",
    "lithuanian", "nepali",  "norwegian", "porter",  "portuguese", "romanian",   "russian", "serbian",
    "spanish",    "swedish", "tamil",     "turkish", "yiddish",    "none"};

}  // namespace

std::vector<std::string> KnowledgeSection::namespace_names() const {
    std::vector<std::string> names;
    for (const auto& one : namespaces) names.push_back(one.name);
    return names;
}

static void describe(Keys& keys, NamespaceSection& one) {
    keys.text("title", one.title, "Its name for people; left out: the name in words.");
    keys.text("description", one.description, "What it is about, for a model that routes questions.", {Form::prose});
    keys.texts("keywords", one.keywords,
               "Words and phrases of questions that belong here; they route without a model.");
}

static void describe(Keys& keys, knowledge::ChunkOptions& chunk) {
    keys.bytes("size", chunk.size_max, 64, 64 << 10, "Most bytes of a passage.");
    keys.bytes("overlap", chunk.overlap, 0, 32 << 10, "Most bytes that a passage repeats of the one before it.");
    keys.bytes("size_min", chunk.size_min, 0, 32 << 10, "Sections below this size are joined.");
    keys.integer("transcript_seconds", chunk.transcript_seconds, 5, 3600,
                 "Seconds of speech in one passage of a transcript.");
}

static void describe(Keys& keys, EmbeddingSection& embedding) {
    keys.texts(
        "order", embedding.order,
        "Providers, the first that has a key is used; `local` needs none: a model in the program, for English. Left "
        "out: search by words only.",
        {Form::identifier});
    keys.text("model", embedding.model,
              "The embedding model of a provider that is not local. After a change run `slipway reindex`.");
    keys.integer("dimension", embedding.dimension, 0, 16'384,
                 "Length of its vectors; 0 where Slipway knows it (OpenAI's own models).");
}

static void describe(Keys& keys, RetrieveSection& retrieve) {
    keys.integer("passages", retrieve.passages, 1, 100, "How many passages an answer is drawn from.");
    keys.number("minimum_score", retrieve.minimum_score, 0, 1, "Passages below this score are left out.");
    keys.integer("neighbours", retrieve.neighbours, 0, knowledge::kNeighboursMax,
                 "Passages of context on each side of a found one.");
}

void describe(Keys& keys, KnowledgeSection& knowledge) {
    keys.named("namespaces", knowledge.namespaces,
               "The topics that documents are sorted into. Left out: any name is allowed.");
    keys.text("default_namespace", knowledge.default_namespace, "Where a document goes that names none.",
              {Form::identifier});
    keys.path("documents", knowledge.documents, PathKind::folder,
              "Folder that is brought up to date at start; its first level names the namespaces.");
    keys.text("collection", knowledge.collection,
              "Name of the passages in the search index, which other programs read them by: a collection of Qdrant, an "
              "index of OpenSearch, each behind the prefix of `stores.index`. After a change run `slipway reindex`.",
              {Form::identifier});
    keys.boolean("watch", knowledge.watch, "In development: bring documents up to date when files change.");
    keys.one_of("language", knowledge.language, kLanguages, "Language of the documents, for stemming.");
    keys.path("synonyms", knowledge.synonyms, PathKind::file, "File with words that mean the same, for searching.");
    keys.bytes("upload_bytes_max", knowledge.upload_bytes_max, 1 << 10, 1ULL << 30,
               "Largest document that is taken in.");
    keys.section("chunk", knowledge.chunk, "How documents are cut into passages.");
    keys.section("embedding", knowledge.embedding, "Search by meaning, beside search by words.");
    keys.section("retrieve", knowledge.retrieve, "How much is found.");
}

}  // namespace slipway::app
