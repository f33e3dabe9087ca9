#include "serve/operator.h"

#include "agent/citations.h"
#include "app/capabilities/documents.h"
#include "base/text.h"
#include "knowledge/folder.h"
#include "serve/backup.h"
#include "serve/version.h"

namespace slipway::serve {
namespace {

constexpr std::size_t kPathsMax = 1000;
constexpr Milliseconds kPatience{600'000};

json::object to_json(const knowledge::FolderReport& report) {
    json::array failures;
    for (const auto& [file, reason] : report.failures)
        failures.push_back(json::object{{"file", file}, {"reason", reason}});
    return {{"added", report.added},     {"updated", report.updated},      {"unchanged", report.unchanged},
            {"removed", report.removed}, {"failed", report.failed},        {"postponed", report.postponed},
            {"chunks", report.chunks},   {"failures", std::move(failures)}};
}

json::object to_json(const knowledge::FolderProgress& progress) {
    return {{"type", "progress"},
            {"files_done", progress.files_done},
            {"files_all", progress.files_all},
            {"bytes_done", progress.bytes_done},
            {"bytes_all", progress.bytes_all},
            {"chunks", progress.chunks},
            {"file", progress.file},
            {"failure", progress.failure}};
}

void add(knowledge::FolderReport& all, knowledge::FolderReport part) {
    all.added += part.added;
    all.updated += part.updated;
    all.unchanged += part.unchanged;
    all.removed += part.removed;
    all.failed += part.failed;
    all.postponed += part.postponed;
    all.chunks += part.chunks;
    for (auto& failure : part.failures) all.failures.push_back(std::move(failure));
}

}  // namespace

Operator::Operator(Application& application) : application_(application) {}

Task<json::object> Operator::run(std::string command, json::object arguments, OperatorEvents events) {
    if (command == "status") co_return co_await status();
    if (command == "search") co_return co_await search(std::move(arguments));
    if (command == "ask") co_return co_await ask(std::move(arguments), std::move(events));
    if (command == "ingest") co_return co_await ingest(std::move(arguments), std::move(events));
    if (command == "sync") co_return co_await sync(std::move(events));
    if (command == "reindex") co_return co_await reindex(std::move(events));
    if (command == "backup") {
        SLIPWAY_CO_TRY(const auto guard, co_await one_at_a_time_.acquire("backup", kPatience));
        co_return co_await backup(application_, std::string(text_or(arguments, "path")));
    }
    if (command == "check") co_return co_await check_stores();
    if (command == "users.import") co_return co_await import_users(std::move(arguments));
    if (command.starts_with("tokens.")) co_return co_await tokens(std::move(command), std::move(arguments));
    if (command.starts_with("users.")) co_return co_await users(std::move(command), std::move(arguments));
    if (command.starts_with("keys.")) co_return co_await keys(std::move(command), std::move(arguments));
    if (command.starts_with("jobs.")) co_return co_await jobs(std::move(command), std::move(arguments));
    co_return fail(ErrorCode::not_found, "There is no command '{}'.", command);
}

Task<json::object> Operator::status() {
    const auto& manifest = application_.manifest();
    SLIPWAY_CO_TRY(const auto state, co_await application_.capabilities().knowledge.status(application_.workspace()));
    auto health = co_await application_.check_stores();
    health.push_back(co_await application_.check_mail());
    json::array stores;
    for (const auto& store : health) {
        json::object entry{{"name", store.name}, {"engine", store.engine}, {"latency_ms", store.latency_ms}};
        if (!store.url.empty()) entry["url"] = store.url;
        if (!store.error.empty()) entry["error"] = store.error;
        stores.push_back(std::move(entry));
    }
    json::object documents{{"total", state.documents}, {"indexed", state.indexed}, {"pending", state.pending},
                           {"failed", state.failed},   {"chunks", state.chunks},   {"passages", state.passages}};
    json::object object{{"application", manifest.name},
                        {"title", manifest.title},
                        {"version", kVersion},
                        {"environment", app::to_string(manifest.environment)},
                        {"data", application_.folder().path().string()},
                        {"stores", std::move(stores)},
                        {"documents", std::move(documents)},
                        {"chat_model", application_.capabilities().chat_model},
                        {"embedding_model", state.embedding_model}};
    if (!state.note.empty()) object["note"] = state.note;
    co_return object;
}

Task<json::object> Operator::check_stores() {
    json::array findings;
    const auto note = [&findings](const Result<void>& checked) {
        if (!checked) findings.emplace_back(checked.error().message);
    };
    const auto database = co_await application_.database().check_integrity();
    note(database);
    if (auto* const own = application_.agents()) {
        const auto agents = co_await own->check_integrity();
        note(agents);
    }
    const auto index = co_await application_.index().check_integrity();
    note(index);
    const auto seen = co_await application_.capabilities().knowledge.verify(application_.workspace());
    if (!seen) {
        if (findings.empty()) findings.emplace_back(seen.error().message);
        co_return json::object{{"findings", std::move(findings)}};
    }
    for (const auto& finding : seen->findings) findings.emplace_back(finding);
    const auto& files = application_.capabilities().files;
    json::object checked{{"documents", seen->documents}, {"passages", seen->passages}};
    if (!files.purposes().empty()) {
        const auto kept = co_await application_.capabilities().files.verify(application_.workspace());
        if (!kept) findings.emplace_back(kept.error().message);
        if (kept) {
            checked["files"] = kept->files;
            for (const auto& finding : kept->findings) findings.emplace_back(finding);
        }
    }
    checked["findings"] = std::move(findings);
    co_return checked;
}

Task<json::object> Operator::ingest(json::object arguments, OperatorEvents events) {
    std::vector<std::filesystem::path> paths;
    if (const auto* given = array_in(arguments, "paths"))
        for (const auto& path : *given)
            if (path.is_string() && paths.size() < kPathsMax) paths.emplace_back(to_text(path.get_string()));
    if (paths.empty()) co_return fail(ErrorCode::invalid, "Name at least one file or folder.");
    co_return co_await ingest_paths(std::move(paths), std::string(text_or(arguments, "namespace")), false,
                                    std::move(events));
}

Task<json::object> Operator::sync(OperatorEvents events) {
    const auto& documents = application_.manifest().knowledge.documents;
    if (documents.empty()) co_return json::object{};
    std::vector<std::filesystem::path> paths{documents};
    co_return co_await ingest_paths(std::move(paths), "", true, std::move(events));
}

Task<json::object> Operator::ingest_paths(std::vector<std::filesystem::path> paths, std::string name_space,
                                          bool own_documents, OperatorEvents events) {
    SLIPWAY_CO_TRY(const auto guard, co_await one_at_a_time_.acquire("ingest", kPatience));
    Progress progress(co_await asio::this_coro::executor, std::move(events));
    auto work = ingest_each(std::move(paths), std::move(name_space), own_documents, progress);
    SLIPWAY_CO_TRY(const auto report, co_await progress.beside(std::move(work)));
    co_return to_json(report);
}

Task<knowledge::FolderReport> Operator::ingest_each(std::vector<std::filesystem::path> paths, std::string name_space,
                                                    bool own_documents, Progress& progress) {
    knowledge::FolderReport all;
    const auto tell = [&progress](const knowledge::FolderProgress& now) {
        progress.tell(to_json(now), !now.failure.empty());
    };
    for (auto& path : paths) {
        knowledge::FolderOptions options;
        options.root = std::move(path);
        options.name_space = name_space;
        options.default_name_space = application_.manifest().knowledge.default_namespace;
        options.added_by = own_documents ? "" : "operator";
        options.remove_missing = own_documents;
        SLIPWAY_CO_TRY(auto report,
                       co_await knowledge::ingest_folder(application_.capabilities().knowledge, application_.pool(),
                                                         application_.workspace(), std::move(options), tell));
        add(all, std::move(report));
    }
    co_return all;
}

Task<json::object> Operator::search(json::object arguments) {
    knowledge::SearchRequest wanted;
    wanted.question = std::string(text_or(arguments, "question"));
    wanted.limit = static_cast<std::size_t>(std::clamp<std::int64_t>(integer_or(arguments, "limit", 5), 1, 50));
    if (const auto* names = array_in(arguments, "namespaces"))
        for (const auto& name : *names)
            if (name.is_string()) wanted.namespaces.push_back(to_text(name.get_string()));
    SLIPWAY_CO_TRY(const auto result,
                   co_await application_.capabilities().knowledge.search(application_.workspace(), std::move(wanted)));
    co_return app::to_json(result, application_.capabilities().links, application_.workspace());
}

Task<json::object> Operator::ask(json::object arguments, OperatorEvents events) {
    agent::State state;
    state.input.workspace = application_.workspace();
    state.input.message = std::string(trim(text_or(arguments, "question")));
    if (state.input.message.empty()) co_return fail(ErrorCode::invalid, "The question is empty.");
    state.question = state.input.message;
    if (const auto* history = array_in(arguments, "history"))
        for (const auto& entry : *history) {
            const auto* object = entry.if_object();
            if (object == nullptr) continue;
            model::Message message;
            message.role = text_or(*object, "role") == "assistant" ? model::Role::assistant : model::Role::user;
            message.content = std::string(text_or(*object, "content"));
            state.input.history.push_back(std::move(message));
        }
    agent::Listener listener = [&](const agent::Event& event) -> Task<void> {
        json::object told;
        if (event.kind == agent::Event::Kind::text) {
            told = {{"type", "token"}, {"content", event.text}};
        } else if (event.kind == agent::Event::Kind::sources) {
            json::array sources;
            for (const auto& source : event.state->sources) sources.push_back(knowledge::to_json(source));
            told = {{"type", "sources"}, {"sources", std::move(sources)}};
        } else {
            told = {{"type", "routed"}, {"reason", event.state->routing_reason}};
        }
        if (!events) co_return Result<void>();
        co_return co_await events(std::move(told));
    };
    SLIPWAY_CO_CHECK(co_await application_.graph().run(state, listener));
    json::array trace;
    for (const auto& step : state.trace) trace.push_back(agent::to_json(step));
    if (state.refused) state.sources.clear();
    co_return json::object{{"answer", state.answer},
                           {"sources", agent::to_json(state.sources, state.answer)},
                           {"refused", state.refused},
                           {"model", state.model},
                           {"trace", std::move(trace)}};
}

Task<json::object> Operator::reindex(OperatorEvents events) {
    SLIPWAY_CO_TRY(const auto guard, co_await one_at_a_time_.acquire("ingest", kPatience));
    Progress progress(co_await asio::this_coro::executor, std::move(events));
    auto tell = [&progress](std::size_t done, std::size_t all) {
        progress.tell({{"type", "progress"}, {"done", done}, {"all", all}});
    };
    auto work = application_.capabilities().knowledge.reindex(tell);
    SLIPWAY_CO_TRY(const auto chunks, co_await progress.beside(std::move(work)));
    co_return json::object{{"chunks", chunks}};
}

Task<json::object> Operator::users(std::string command, json::object arguments) {
    auto& accounts = application_.capabilities().accounts;
    const std::string name(text_or(arguments, "name"));
    const auto describe = [](const account::User& user) -> json::object {
        return {{"number", user.number}, {"username", user.username},
                {"email", user.email},   {"role", account::to_string(user.role)},
                {"active", user.active}, {"created_at", to_iso8601(user.created_at)}};
    };
    if (command == "users.list") {
        SLIPWAY_CO_TRY(const auto users, co_await accounts.list());
        json::array items;
        for (const auto& user : users) items.push_back(describe(user));
        co_return json::object{{"users", std::move(items)}};
    }
    const auto role = account::role_from(text_or(arguments, "role", "member"));
    if (!role) co_return fail(ErrorCode::invalid, "A role is one of viewer, member, admin, owner.");
    if (command == "users.create") {
        account::Registration registration;
        registration.email = std::string(text_or(arguments, "email"));
        registration.username = std::string(text_or(arguments, "username"));
        registration.password = std::string(text_or(arguments, "password"));
        SLIPWAY_CO_TRY(const auto user, co_await accounts.enroll(std::move(registration), *role));
        co_return describe(user);
    }
    if (command == "users.password") {
        SLIPWAY_CO_CHECK(co_await accounts.set_password(name, std::string(text_or(arguments, "password"))));
    } else if (command == "users.role") {
        SLIPWAY_CO_CHECK(co_await accounts.set_role(name, *role));
    } else if (command == "users.active") {
        SLIPWAY_CO_CHECK(co_await accounts.set_active(name, bool_or(arguments, "active", true)));
    } else {
        co_return fail(ErrorCode::not_found, "There is no command '{}'.", command);
    }
    SLIPWAY_CO_TRY(const auto user, co_await accounts.find(name));
    co_return describe(user);
}

}  // namespace slipway::serve
