// Section `knowledge`: the documents that answers come from, how they are cut, and how they are found.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/manifest/keys.h"
#include "knowledge/chunk.h"

namespace slipway::app {

struct NamespaceSection {
    std::string name;
    std::string title;
    std::string description;
    std::vector<std::string> keywords;  // words and phrases by which questions are routed here without a model
};

struct EmbeddingSection {
    std::vector<std::string> order;  // empty: no vectors
    std::string provider;            // after loading: the first of `order` that is usable
    std::string model;
    std::size_t dimension = 0;  // after loading never 0 when there is a provider that is not local

    bool configured() const { return !provider.empty(); }
};

struct RetrieveSection {
    std::size_t passages = 5;
    double minimum_score = 0;
    std::size_t neighbours = 1;
};

struct KnowledgeSection {
    std::vector<NamespaceSection> namespaces;  // empty: any name
    std::string default_namespace = "general";
    std::filesystem::path documents;       // empty: none
    std::string collection = "documents";  // of the index
    bool watch = true;                     // looked at in development only
    std::string language = "english";
    std::filesystem::path synonyms;
    std::uint64_t upload_bytes_max = 50 << 20;
    knowledge::ChunkOptions chunk;
    EmbeddingSection embedding;
    RetrieveSection retrieve;

    std::vector<std::string> namespace_names() const;
};

void describe(Keys& keys, KnowledgeSection& knowledge);

}  // namespace slipway::app
