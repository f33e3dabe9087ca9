#include "app/capabilities/documents.h"

#include "app/operations/operations.h"
#include "base/text.h"

namespace slipway::app {
namespace {

Task<account::Principal> editor_of(const Capabilities& capabilities, CallContext& context, account::Role least) {
    SLIPWAY_CO_TRY(auto principal, co_await principal_of_now(capabilities, context));
    SLIPWAY_CO_CHECK(principal.require(least));
    co_return principal;
}

Task<knowledge::Document> document_of(const Capabilities& capabilities, const WorkspaceId& workspace,
                                      const json::object& arguments) {
    if (find(arguments, "number") != nullptr)
        co_return co_await capabilities.knowledge.get_by_number(workspace, integer_or(arguments, "number", 0));
    co_return co_await capabilities.knowledge.get(workspace, std::string(text_or(arguments, "id")));
}

Task<json::value> with_content(const Capabilities& capabilities, const WorkspaceId& workspace,
                               const knowledge::Document& document) {
    SLIPWAY_CO_TRY(const auto content, co_await capabilities.knowledge.content(workspace, document.id));
    auto object = to_json(document, capabilities.links, workspace);
    object["content"] = content;
    co_return json::value(std::move(object));
}

Task<json::value> put(const Capabilities& capabilities, CallContext& context, json::object arguments) {
    SLIPWAY_CO_TRY(const auto principal,
                   co_await editor_of(capabilities, context, capabilities.rights.write_documents));
    knowledge::NewDocument document;
    document.uploaded_by = principal.user.id;
    document.title = std::string(text_or(arguments, "title"));
    document.name_space = std::string(text_or(arguments, "namespace"));
    document.source = std::string(text_or(arguments, "source"));
    if (const auto* metadata = object_in(arguments, "metadata")) document.metadata = *metadata;
    const auto* file = find(arguments, "file");
    if (const auto* part = file == nullptr ? nullptr : context.file(*file)) {
        document.bytes = part->data;
        document.file_name = part->file_name;
        if (document.source.empty()) document.source = part->file_name;
    } else {
        document.bytes = std::string(text_or(arguments, "content"));
        if (document.source.empty()) document.source = document.title;
        document.file_name = document.source + ".md";
    }
    SLIPWAY_CO_TRY(const auto report, co_await capabilities.knowledge.put(principal.workspace, std::move(document)));
    co_return co_await with_content(capabilities, principal.workspace, report.document);
}

Task<json::value> change(const Capabilities& capabilities, CallContext& context, json::object arguments) {
    SLIPWAY_CO_TRY(const auto principal,
                   co_await editor_of(capabilities, context, capabilities.rights.write_documents));
    SLIPWAY_CO_TRY(const auto document, co_await document_of(capabilities, principal.workspace, arguments));
    knowledge::DocumentChange wanted;
    if (find(arguments, "title") != nullptr) wanted.title = std::string(text_or(arguments, "title"));
    if (find(arguments, "content") != nullptr) wanted.content = std::string(text_or(arguments, "content"));
    if (find(arguments, "namespace") != nullptr) wanted.name_space = std::string(text_or(arguments, "namespace"));
    if (const auto* metadata = object_in(arguments, "metadata")) wanted.metadata = *metadata;
    SLIPWAY_CO_TRY(const auto report,
                   co_await capabilities.knowledge.change(principal.workspace, document.id, std::move(wanted)));
    co_return co_await with_content(capabilities, principal.workspace, report.document);
}

Task<json::value> list(const Capabilities& capabilities, CallContext& context, json::object arguments) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
    const auto wanted = text_or(arguments, "namespace");
    const auto name_space = wanted.empty() ? std::nullopt : std::optional<std::string>(wanted);
    const auto offset = static_cast<std::size_t>(std::max<std::int64_t>(0, integer_or(arguments, "offset", 0)));
    const auto limit = static_cast<std::size_t>(std::clamp<std::int64_t>(integer_or(arguments, "limit", 100), 0, 1000));
    SLIPWAY_CO_TRY(const auto page,
                   co_await capabilities.knowledge.list(principal.workspace, name_space, offset, limit));
    json::array items;
    for (const auto& document : page.documents) {
        if (!bool_or(arguments, "content", false)) {
            items.push_back(to_json(document, capabilities.links, principal.workspace));
            continue;
        }
        SLIPWAY_CO_TRY(auto object, co_await with_content(capabilities, principal.workspace, document));
        items.push_back(std::move(object));
    }
    co_return json::value(json::object{{"documents", std::move(items)}, {"total", page.total}});
}

}  // namespace

void bind_document_operations(ScriptHost& host, const Capabilities& capabilities) {
    host.bind("documents.list", [&capabilities](CallContext& context, json::value given) {
        return list(capabilities, context, object_of(std::move(given)));
    });
    host.bind("documents.put", [&capabilities](CallContext& context, json::value given) {
        return put(capabilities, context, object_of(std::move(given)));
    });
    host.bind("documents.change", [&capabilities](CallContext& context, json::value given) {
        return change(capabilities, context, object_of(std::move(given)));
    });
    host.bind("documents.get", [&capabilities](CallContext& context, json::value given) -> Task<json::value> {
        const auto arguments = object_of(std::move(given));
        SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
        SLIPWAY_CO_TRY(const auto document, co_await document_of(capabilities, principal.workspace, arguments));
        co_return co_await with_content(capabilities, principal.workspace, document);
    });
    host.bind("documents.remove", [&capabilities](CallContext& context, json::value given) -> Task<json::value> {
        const auto arguments = object_of(std::move(given));
        SLIPWAY_CO_TRY(const auto principal,
                       co_await editor_of(capabilities, context, capabilities.rights.write_documents));
        SLIPWAY_CO_TRY(const auto document, co_await document_of(capabilities, principal.workspace, arguments));
        SLIPWAY_CO_CHECK(co_await capabilities.knowledge.remove(principal.workspace, document.id));
        co_return json::value(json::object());
    });
    host.bind("documents.remove_all", [&capabilities](CallContext& context, json::value given) -> Task<json::value> {
        const auto arguments = object_of(std::move(given));
        SLIPWAY_CO_TRY(const auto principal,
                       co_await editor_of(capabilities, context, capabilities.rights.delete_all_documents));
        const auto wanted = text_or(arguments, "namespace");
        const auto name_space = wanted.empty() ? std::nullopt : std::optional<std::string>(wanted);
        SLIPWAY_CO_TRY(const auto count, co_await capabilities.knowledge.remove_all(principal.workspace, name_space));
        co_return json::value(json::object{{"deleted", count}});
    });
    host.bind("documents.namespaces", [&capabilities](CallContext& context, json::value) -> Task<json::value> {
        SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
        SLIPWAY_CO_TRY(const auto counts, co_await capabilities.knowledge.namespaces(principal.workspace));
        json::array items;
        for (const auto& count : counts)
            items.push_back(json::object{{"name", count.name}, {"documents", count.documents}});
        co_return json::value(json::object{{"namespaces", std::move(items)}});
    });
    host.bind("knowledge.search", [&capabilities](CallContext& context, json::value given) -> Task<json::value> {
        const auto arguments = object_of(std::move(given));
        SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
        knowledge::SearchRequest wanted;
        wanted.question = std::string(trim(text_or(arguments, "question")));
        wanted.limit = static_cast<std::size_t>(std::clamp<std::int64_t>(integer_or(arguments, "limit", 5), 1, 50));
        if (const auto* names = array_in(arguments, "namespaces"))
            for (const auto& name : *names)
                if (name.is_string()) wanted.namespaces.push_back(to_text(name.get_string()));
        SLIPWAY_CO_TRY(const auto result,
                       co_await capabilities.knowledge.search(principal.workspace, std::move(wanted)));
        co_return json::value(to_json(result, capabilities.links, principal.workspace));
    });
}

}  // namespace slipway::app
