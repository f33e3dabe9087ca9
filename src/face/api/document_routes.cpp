// /api/documents/*, /api/namespaces
#include "app/capabilities/documents.h"
#include "base/text.h"
#include "face/api/access.h"
#include "face/api/api.h"
#include "face/api/document_file.h"

namespace slipway::face {
namespace {

constexpr std::size_t kOffsetMax = 10'000'000;
constexpr std::size_t kPageMax = 500;

const json::value kNewDocument = schema({{"title", text_schema()},
                                         {"content", text_schema("Markdown")},
                                         {"namespace", text_schema()},
                                         {"source", text_schema("its name; the same name again replaces it")},
                                         {"metadata", type_schema("object")}},
                                        {"title", "content"});
const json::value kChange = schema({{"title", text_schema()},
                                    {"content", text_schema()},
                                    {"namespace", text_schema()},
                                    {"metadata", type_schema("object")}});

json::object document_schema() {
    return schema({{"id", text_schema()},
                   {"number", type_schema("integer")},
                   {"source", text_schema()},
                   {"namespace", text_schema()},
                   {"title", text_schema()},
                   {"status", text_schema("pending, processing, indexed or failed")},
                   {"reason", text_schema()},
                   {"media_type", text_schema()},
                   {"file_name", text_schema()},
                   {"size", type_schema("integer")},
                   {"chunks", type_schema("integer")},
                   {"version", type_schema("integer")},
                   {"metadata", type_schema("object")},
                   {"url", text_schema("opens the original")},
                   {"created_at", text_schema()},
                   {"updated_at", text_schema()}});
}

net::Operation operation(std::string summary, json::value request, json::value response, int status = 200) {
    net::Operation described;
    described.summary = std::move(summary);
    described.tag = "documents";
    described.request_schema = std::move(request);
    described.response_schema = std::move(response);
    described.success_status = status;
    described.time_max = Milliseconds(300'000);
    return described;
}

// A document from a multipart form: part "file", fields "namespace", "title", "source", "metadata" (JSON).
Result<knowledge::NewDocument> document_of_form(const net::Request& request) {
    SLIPWAY_TRY(auto parts, net::parse_multipart(request.headers.get("Content-Type"), request.body));
    knowledge::NewDocument document;
    bool has_file = false;
    for (auto& part : parts) {
        if (part.name == "file") {
            has_file = true;
            document.file_name = part.file_name;
            document.bytes = std::move(part.data);
        } else if (part.name == "namespace") {
            document.name_space = part.data;
        } else if (part.name == "title") {
            document.title = part.data;
        } else if (part.name == "source") {
            document.source = part.data;
        } else if (part.name == "metadata") {
            SLIPWAY_TRY(auto metadata, parse_json(part.data));
            if (!metadata.is_object()) return fail(ErrorCode::invalid, "The field metadata must be a JSON object.");
            document.metadata = std::move(metadata.get_object());
        }
    }
    if (!has_file || document.file_name.empty())
        return fail(ErrorCode::invalid, "The form needs a part named file with a file name.");
    if (document.source.empty()) document.source = document.file_name;
    return document;
}

Result<knowledge::NewDocument> document_of_json(const net::Request& request) {
    SLIPWAY_TRY(const auto body, body_of(request, kNewDocument));
    knowledge::NewDocument document;
    document.title = std::string(text_or(body, "title"));
    document.bytes = std::string(text_or(body, "content"));
    document.name_space = std::string(text_or(body, "namespace"));
    document.source = std::string(text_or(body, "source", document.title));
    document.file_name = document.source + (document.source.find('.') == std::string::npos ? ".md" : "");
    if (const auto* metadata = object_in(body, "metadata")) document.metadata = *metadata;
    return document;
}

Task<net::Response> list_documents(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto offset, count_of(request, "offset", 0, kOffsetMax));
    SLIPWAY_CO_TRY(const auto limit, count_of(request, "limit", 50, kPageMax));
    const auto wanted = request.query_value("namespace");
    const auto name_space = wanted.empty() ? std::nullopt : std::optional<std::string>(wanted);
    SLIPWAY_CO_TRY(const auto page,
                   co_await capabilities.knowledge.list(principal.workspace, name_space, offset, limit));
    json::array items;
    for (const auto& document : page.documents)
        items.push_back(app::to_json(document, capabilities.links, principal.workspace));
    co_return net::Response::of_json(200, json::object{{"documents", std::move(items)}, {"total", page.total}});
}

Task<net::Response> add_document(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal,
                   co_await principal_with(capabilities, request, capabilities.rights.write_documents));
    const bool form = lower_ascii(request.headers.get("Content-Type")).starts_with("multipart/form-data");
    auto document = form ? document_of_form(request) : document_of_json(request);
    if (!document) co_return pass(document);
    document->uploaded_by = principal.user.id;
    SLIPWAY_CO_TRY(const auto report, co_await capabilities.knowledge.put(principal.workspace, *std::move(document)));
    const int status = report.what == knowledge::Ingested::added ? 201 : 200;
    co_return net::Response::of_json(status, app::to_json(report.document, capabilities.links, principal.workspace));
}

Task<net::Response> get_document(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    const std::string id(request.parameter("id"));
    SLIPWAY_CO_TRY(const auto document, co_await capabilities.knowledge.get(principal.workspace, id));
    SLIPWAY_CO_TRY(const auto content, co_await capabilities.knowledge.content(principal.workspace, id));
    auto object = app::to_json(document, capabilities.links, principal.workspace);
    object["content"] = content;
    co_return net::Response::of_json(200, object);
}

Task<net::Response> change_document(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal,
                   co_await principal_with(capabilities, request, capabilities.rights.write_documents));
    SLIPWAY_CO_TRY(const auto body, body_of(request, kChange));
    knowledge::DocumentChange wanted;
    if (find(body, "title") != nullptr) wanted.title = std::string(text_or(body, "title"));
    if (find(body, "content") != nullptr) wanted.content = std::string(text_or(body, "content"));
    if (find(body, "namespace") != nullptr) wanted.name_space = std::string(text_or(body, "namespace"));
    if (const auto* metadata = object_in(body, "metadata")) wanted.metadata = *metadata;
    SLIPWAY_CO_TRY(const auto report,
                   co_await capabilities.knowledge.change(principal.workspace, std::string(request.parameter("id")),
                                                          std::move(wanted)));
    co_return net::Response::of_json(200, app::to_json(report.document, capabilities.links, principal.workspace));
}

Task<net::Response> remove_document(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal,
                   co_await principal_with(capabilities, request, capabilities.rights.write_documents));
    SLIPWAY_CO_CHECK(co_await capabilities.knowledge.remove(principal.workspace, std::string(request.parameter("id"))));
    co_return net::Response::empty();
}

Task<net::Response> remove_all_documents(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal,
                   co_await principal_with(capabilities, request, capabilities.rights.delete_all_documents));
    if (request.query_value("confirm") != "true")
        co_return fail(ErrorCode::invalid,
                       "This deletes every document; add ?confirm=true, and &namespace=… for only one namespace.");
    const auto wanted = request.query_value("namespace");
    const auto name_space = wanted.empty() ? std::nullopt : std::optional<std::string>(wanted);
    SLIPWAY_CO_TRY(const auto count, co_await capabilities.knowledge.remove_all(principal.workspace, name_space));
    co_return net::Response::of_json(200, json::object{{"deleted", count}});
}

Task<net::Response> list_namespaces(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto counts, co_await capabilities.knowledge.namespaces(principal.workspace));
    json::array items;
    for (const auto& count : counts)
        items.push_back(json::object{{"name", count.name}, {"documents", count.documents}});
    co_return net::Response::of_json(200, json::object{{"namespaces", std::move(items)}});
}

}  // namespace

void add_document_routes(net::Router& router, const app::Capabilities& capabilities, ApiOptions options) {
    using net::Method;
    auto listing =
        operation("Documents, newest first", nullptr,
                  schema({{"documents", array_schema(document_schema())}, {"total", type_schema("integer")}}));
    listing.parameters = {
        {"namespace", text_schema()}, {"offset", type_schema("integer")}, {"limit", type_schema("integer")}};
    router.add(Method::get, "/api/documents", needs("documents:read", std::move(listing)),
               handler(capabilities, list_documents));

    auto adding = operation("Add a document: JSON, or a multipart form with a part named file", kNewDocument,
                            document_schema(), 201);
    adding.body_bytes_max = options.upload_bytes_max + (64 << 10);
    router.add(Method::post, "/api/documents", needs("documents:write", std::move(adding)),
               handler(capabilities, add_document));

    router.add(Method::get, "/api/documents/{id}",
               needs("documents:read", operation("One document with its text", nullptr, document_schema())),
               handler(capabilities, get_document));

    auto changing = operation("Change title, content, namespace or metadata", kChange, document_schema());
    changing.body_bytes_max = options.upload_bytes_max;
    router.add(Method::patch, "/api/documents/{id}", needs("documents:write", std::move(changing)),
               handler(capabilities, change_document));

    router.add(Method::del, "/api/documents/{id}",
               needs("documents:write", operation("Delete a document", nullptr, nullptr, 204)),
               handler(capabilities, remove_document));

    auto removing = operation(fmt::format("Delete all documents, or all of a namespace (role {})",
                                          account::to_string(capabilities.rights.delete_all_documents)),
                              nullptr, schema({{"deleted", type_schema("integer")}}));
    removing.parameters = {{"confirm", type_schema("boolean")}, {"namespace", text_schema()}};
    router.add(Method::del, "/api/documents", needs("documents:delete", std::move(removing)),
               handler(capabilities, remove_all_documents));

    router.add(Method::get, "/api/namespaces",
               needs("documents:read", operation("Namespaces and how many documents each has", nullptr,
                                                 schema({{"namespaces", type_schema("array")}}))),
               handler(capabilities, list_namespaces));

    add_document_file(router, capabilities);
}

}  // namespace slipway::face
