// slipway ingest, search, reindex, ask, chat
#include <cstdio>
#include <iostream>

#include <unistd.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/load.h"
#include "cli/terminal.h"
#include "serve/application.h"
#include "serve/operator.h"

namespace slipway::cli {
namespace {

constexpr std::size_t kHistoryMax = 20;
constexpr Milliseconds kQuietTime{1'000};

// For questions: a server keeps the application's documents up to date; where none runs it is done now, as the first
// question of a newcomer finds nothing else.
Result<std::unique_ptr<Link>> connect_to_ask(const Target& target) {
    auto link = connect(target);
    if (!link || (*link)->is_remote()) return link;
    Progress progress(on_terminal());
    const auto began = std::chrono::steady_clock::now();
    // Nothing to say when nothing has changed, which takes a moment.
    const auto show = [&progress, began](const json::object& event) {
        if (std::chrono::steady_clock::now() - began > kQuietTime || !text_or(event, "failure").empty())
            progress.show(event);
    };
    const auto report = (*link)->run("sync", {}, show);
    progress.finish();
    if (!report) return std::unexpected(report.error());
    return link;
}

bool is_cited(const json::value& source) { return source.is_object() && bool_or(source.get_object(), "cited", false); }

void print_sources(const json::array& sources, bool cited, std::string_view heading) {
    for (const auto& source : sources) {
        if (!source.is_object() || is_cited(source) != cited) continue;
        if (!heading.empty()) fmt::print("\n{}\n", std::exchange(heading, {}));
        fmt::print("  {}\n", source_line(source.get_object()));
    }
}

// Streams one answer; returns it, or the error that was printed.
Result<json::object> answer(Link& link, std::string question, json::array history) {
    bool any = false;
    const auto show = [&any](const json::object& event) {
        if (text_or(event, "type") != "token") return;
        any = true;
        fmt::print("{}", printable(text_or(event, "content")));
        std::fflush(stdout);
    };
    auto result = link.run("ask", {{"question", question}, {"history", std::move(history)}}, show);
    if (any) fmt::print("\n");
    if (!result) return result;
    if (const auto* sources = array_in(*result, "sources")) {
        const bool any_cited = std::ranges::any_of(*sources, is_cited);
        print_sources(*sources, true, "Sources");
        print_sources(*sources, false, any_cited ? "Found, but not cited" : "Sources");
    }
    return result;
}

void print_explanation(const json::object& result) {
    const auto* explanation = object_in(result, "explanation");
    if (explanation == nullptr) return;
    std::string terms;
    if (const auto* list = array_in(*explanation, "terms"))
        for (const auto& term : *list)
            if (const auto* object = term.if_object())
                terms += fmt::format(" {}={:.2f}", text_or(*object, "term"), number_or(*object, "score", 0));
    fmt::print("    score {:.3f}, words {:.2f}, vector {:.3f}, terms:{}\n", number_or(*explanation, "score", 0),
               number_or(*explanation, "text", 0), number_or(*explanation, "vector", 0), terms);
}

}  // namespace

int ingest(const Target& target, const IngestArguments& arguments) {
    json::array paths;
    for (const auto& path : arguments.paths) {
        std::error_code error;
        const auto absolute = std::filesystem::canonical(path, error);
        if (error) return report({ErrorCode::not_found, fmt::format("There is no file or folder {}.", path), {}});
        paths.emplace_back(absolute.string());
    }
    auto link = connect(target);
    if (!link) return report(link.error());
    Progress progress(on_terminal());
    const auto show = [&progress](const json::object& event) { progress.show(event); };
    const auto result =
        (*link)->run("ingest", {{"paths", std::move(paths)}, {"namespace", arguments.name_space}}, show);
    progress.finish();
    if (!result) return report(result.error());
    const auto failed = integer_or(*result, "failed", 0);
    fmt::print("{} added, {} updated, {} unchanged, {} failed; {} chunks indexed\n", integer_or(*result, "added", 0),
               integer_or(*result, "updated", 0), integer_or(*result, "unchanged", 0), failed,
               integer_or(*result, "chunks", 0));
    return failed > 0 ? kFailed : kDone;
}

int search(const Target& target, const SearchArguments& arguments) {
    auto link = connect_to_ask(target);
    if (!link) return report(link.error());
    json::array names;
    for (const auto& name : arguments.namespaces) names.emplace_back(name);
    const auto result = (*link)->run(
        "search", {{"question", arguments.question}, {"namespaces", std::move(names)}, {"limit", arguments.limit}});
    if (!result) return report(result.error());
    if (arguments.json) {
        fmt::print("{}\n", write_json(*result));
        return kDone;
    }
    if (const auto note = text_or(*result, "note"); !note.empty()) fmt::print(stderr, "note: {}\n", note);
    const auto* results = array_in(*result, "results");
    if (results == nullptr || results->empty()) {
        fmt::print("Nothing found.\n");
        return kDone;
    }
    for (const auto& entry : *results) {
        const auto* object = entry.if_object();
        if (object == nullptr) continue;
        fmt::print("{}\n    {}\n", source_line(*object), printable(text_or(*object, "snippet")));
        if (arguments.explain) print_explanation(*object);
    }
    return kDone;
}

int reindex(const Target& target) {
    Progress progress(on_terminal());
    const auto show = [&progress](const json::object& event) { progress.show(event); };
    Result<json::object> result;
    const auto environment = environment_of(target.application);
    if (!environment) return report(environment.error());
    if (serve::serving_process(data_folder_of(target, *environment))) {
        auto link = connect(target);
        if (!link) return report(link.error());
        result = (*link)->run("reindex", {}, show);
    } else {
        // The index file may be damaged: it is made anew before anything reads it.
        auto loaded = load(target);
        if (!loaded) return report(loaded.error());
        auto application = serve::Application::open(std::move(loaded->manifest), std::move(loaded->environment),
                                                    serve::IndexUse::anew);
        if (!application) return report(application.error());
        serve::Operator commands(**application);
        serve::OperatorEvents tell = [&show](json::object event) -> Task<void> {
            show(event);
            co_return Result<void>();
        };
        result = run_to_end(commands.run("reindex", {}, tell));
    }
    progress.finish();
    if (!result) return report(result.error());
    fmt::print("{} chunks indexed\n", integer_or(*result, "chunks", 0));
    return kDone;
}

int ask(const Target& target, const std::string& question, bool json_wanted) {
    auto link = connect_to_ask(target);
    if (!link) return report(link.error());
    if (json_wanted) {
        const auto result = (*link)->run("ask", {{"question", question}});
        if (!result) return report(result.error());
        fmt::print("{}\n", write_json(*result));
        return kDone;
    }
    const auto result = answer(**link, question, {});
    return result ? kDone : report(result.error());
}

int chat(const Target& target) {
    auto link = connect_to_ask(target);
    if (!link) return report(link.error());
    const bool prompt = ::isatty(STDIN_FILENO) == 1;
    if (prompt) fmt::print("Ask; an empty line or Ctrl-D ends.\n");
    json::array history;
    std::string line;
    while (true) {
        if (prompt) fmt::print("\n> ");
        std::fflush(stdout);
        if (!std::getline(std::cin, line) || trim(line).empty()) return kDone;
        const auto result = answer(**link, line, history);
        if (!result) {
            report(result.error());
            if (!prompt) return kFailed;
            continue;
        }
        history.push_back(json::object{{"role", "user"}, {"content", line}});
        history.push_back(json::object{{"role", "assistant"}, {"content", text_or(*result, "answer")}});
        while (history.size() > kHistoryMax) history.erase(history.begin());
    }
}

}  // namespace slipway::cli
