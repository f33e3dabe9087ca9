// slipway new: a working application from nothing.
#include <cstdio>
#include <fstream>

#include "cli/commands.h"

namespace slipway::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifest =
    R"(# An application of Slipway. `slipway check {0}` says what is wrong; `slipway check --reference` lists every key.
name: {0}
title: {0}
environment: ${{APP_ENV:-development}}

server:
  host: ${{HOST:-127.0.0.1}}
  port: ${{PORT:-8000}}

accounts:
  algorithm: EdDSA             # keys are made at the first start; others verify with /.well-known/jwks.json
  secret: ${{JWT_SECRET}}        # in production 32 bytes or more; in development one is made

models:
  order: [openai, groq, openrouter, local]   # the first that has a key; local needs none

knowledge:
  documents: docs
  embedding: {{ order: [local] }}  # search by meaning, in English; for another language name a provider
  namespaces:
    general:
      title: General
      description: Everything.

chat:
  graph:
    router:      {{ kind: route }}
    librarian:   {{ kind: retrieve }}
    interpreter: {{ kind: answer, options: {{ prompt: prompts/answer.md }} }}

site:
  tagline: Ask the documents in docs/.
  starters: ["What is Slipway?", "How do I add a document?"]
)";

constexpr std::string_view kPrompt = R"(You answer questions from the numbered passages below and from nothing else.
Put the number of the passage behind each statement, like this: [1]. Quote where the exact words matter.
If the passages do not answer the question, say exactly: {{refusal}}

{{passages}}
)";

constexpr std::string_view kDocument = R"(# What is Slipway?

Slipway is the whole backend of an AI application in one binary. An application is a folder: a manifest, a little Lua
where it is needed, and content. One command serves it.

# How do I add a document?

Put a file into the folder docs: Markdown, plain text, HTML, PDF, DOCX, or a transcript with time stamps. While the
server runs in development it notices the change and indexes the document within a second or two. On the command line,
`slipway ingest` does the same for files that lie elsewhere.

# Where do answers come from?

Without a model key the answers are sentences of your documents, quoted word for word with their source. Put
OPENAI_API_KEY into the environment or into a file named .env beside the manifest, and a model writes the answers from
the same passages.
)";

bool is_name(std::string_view name) {
    if (name.empty() || name.size() > 63 || name.front() < 'a' || name.front() > 'z') return false;
    return std::ranges::all_of(
        name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; });
}

}  // namespace

int new_application(const std::string& given) {
    const fs::path folder(given);
    const auto name = folder.filename().string();
    if (!is_name(name)) {
        fmt::print(stderr,
                   "error: '{}' is not a name: use a letter, then letters, digits, '-' and '_', all lower case.\n",
                   name);
        return kWrongUse;
    }
    std::error_code error;
    if (fs::exists(folder, error)) return report({ErrorCode::conflict, fmt::format("{} exists already.", given), {}});
    fs::create_directories(folder / "docs" / "general", error);
    fs::create_directories(folder / "prompts", error);
    if (error)
        return report({ErrorCode::unavailable, fmt::format("{} cannot be made: {}.", given, error.message()), {}});
    std::ofstream(folder / "app.yaml") << fmt::format(fmt::runtime(kManifest), name);
    std::ofstream(folder / "prompts" / "answer.md") << kPrompt;
    std::ofstream(folder / "docs" / "general" / "slipway.md") << kDocument;
    if (!std::ofstream(folder / ".gitignore", std::ios::app) ||
        !(std::ofstream(folder / ".gitignore") << ".env\ndata/\n"))
        return report({ErrorCode::unavailable, fmt::format("{} cannot be written.", given), {}});
    fmt::print("{} is made. Next:\n  slipway serve {}\n", given, given);
    return kDone;
}

}  // namespace slipway::cli
