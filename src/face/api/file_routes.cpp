// /api/files: files that users store, by what they are for
#include <algorithm>

#include "app/capabilities/files.h"
#include "base/text.h"
#include "face/api/access.h"
#include "face/api/api.h"
#include "face/api/file_content.h"

namespace slipway::face {
namespace {

constexpr std::size_t kFormBytes = 64 << 10;  // of a multipart form, besides the file

const json::value& upload_schema() {
    static const json::value made = [] {
        auto object = schema({{"name", text_schema("of the file, with its ending")},
                              {"content_type", text_schema("left out: by the ending of the name")},
                              {"size", json::object{{"type", "integer"}, {"minimum", 1}}}},
                             {"name"});
        object["additionalProperties"] = false;
        return json::value(std::move(object));
    }();
    return made;
}

json::object file_schema() {
    return schema({{"id", text_schema()},
                   {"purpose", text_schema()},
                   {"name", text_schema()},
                   {"content_type", text_schema()},
                   {"size", type_schema("integer")},
                   {"sha256", text_schema("of the content, where the store knows it")},
                   {"owner", text_schema("the user who stored it")},
                   {"created_at", text_schema()},
                   {"expires_at", text_schema("then it goes")},
                   {"url", text_schema("where its content is read")}});
}

std::string purpose_of(const net::Request& request) { return std::string(request.parameter("purpose")); }
std::string id_of(const net::Request& request) { return std::string(request.parameter("id")); }

struct Received {
    file::NewFile file;
    std::string bytes;
};

// A multipart form with a part "file", or the content itself with ?name=.
Result<Received> received_from(net::Request& request) {
    Received received;
    received.file.purpose = purpose_of(request);
    received.file.name = request.query_value("name");
    const auto type = request.headers.get("Content-Type");
    if (!lower_ascii(type).starts_with("multipart/form-data")) {
        if (received.file.name.empty())
            return fail(ErrorCode::invalid, "Name the file: ?name=…, or send a multipart form with a part named file.");
        received.file.content_type = type;
        received.bytes = std::move(request.body);
        return received;
    }
    SLIPWAY_TRY(auto parts, net::parse_multipart(type, request.body));
    request.body = std::string();
    const auto part = std::ranges::find(parts, "file", &net::FormPart::name);
    if (part == parts.end()) return fail(ErrorCode::invalid, "The form needs a part named file with a file name.");
    if (received.file.name.empty()) received.file.name = part->file_name;
    received.file.content_type = part->content_type;
    received.bytes = std::move(part->data);
    return received;
}

Task<net::Response> store_file(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(auto received, received_from(request));
    SLIPWAY_CO_TRY(const auto file,
                   co_await capabilities.files.put(principal, std::move(received.file), std::move(received.bytes)));
    auto response = net::Response::of_json(201, app::to_json(file, capabilities.files, principal.workspace));
    response.headers.set("Location", fmt::format("/api/files/{}/{}", file.purpose, file.id));
    co_return response;
}

Task<net::Response> list_files(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto limit, count_of(request, "limit", 50, file::kPageMax));
    std::optional<std::string> cursor;
    if (const auto given = request.query_value("cursor"); !given.empty()) cursor = std::string(given);
    SLIPWAY_CO_TRY(const auto page,
                   co_await capabilities.files.list(principal, purpose_of(request), limit, std::move(cursor)));
    co_return net::Response::of_json(200, app::to_json(page, capabilities.files, principal.workspace));
}

Task<net::Response> get_file(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto file, co_await capabilities.files.get(principal, purpose_of(request), id_of(request)));
    co_return net::Response::of_json(200, app::to_json(file, capabilities.files, principal.workspace));
}

Task<net::Response> erase_file(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_CHECK(co_await capabilities.files.erase(principal, purpose_of(request), id_of(request)));
    co_return net::Response::empty();
}

Task<net::Response> link_file(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto link, co_await capabilities.files.link(principal, purpose_of(request), id_of(request)));
    co_return net::Response::of_json(201, app::to_json(link));
}

Task<net::Response> begin_upload(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto body, body_of(request, upload_schema()));
    file::NewFile wanted{purpose_of(request), std::string(text_or(body, "name")),
                         std::string(text_or(body, "content_type"))};
    const auto size = static_cast<std::uint64_t>(integer_or(body, "size", 0));
    SLIPWAY_CO_TRY(const auto upload, co_await capabilities.files.begin_upload(principal, std::move(wanted), size));
    co_return net::Response::of_json(201, app::to_json(upload));
}

Task<net::Response> complete_upload(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto file,
                   co_await capabilities.files.complete(principal, purpose_of(request), id_of(request)));
    co_return net::Response::of_json(200, app::to_json(file, capabilities.files, principal.workspace));
}

net::Operation operation(std::string summary, json::value response, int status = 200) {
    net::Operation described;
    described.summary = std::move(summary);
    described.tag = "files";
    described.response_schema = std::move(response);
    described.success_status = status;
    return described;
}

std::string named_purposes(const file::Files& files) {
    std::vector<std::string_view> names;
    for (const auto& purpose : files.purposes()) names.emplace_back(purpose.name);
    return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

void add_file_routes(net::Router& router, const app::Capabilities& capabilities, const ApiOptions& options) {
    using net::Method;
    const auto& files = capabilities.files;
    if (files.purposes().empty()) return;
    std::uint64_t size_max = 0;
    for (const auto& purpose : files.purposes()) size_max = std::max(size_max, purpose.size_max);

    auto storing = operation(fmt::format("Store a file ({}): its content with ?name=, or a multipart form with a part "
                                         "named file",
                                         named_purposes(files)),
                             file_schema(), 201);
    storing.parameters = {{"name", text_schema("of the file, with its ending")}};
    storing.request_schema = json::object{{"type", "string"}, {"format", "binary"}};
    storing.request_type = "application/octet-stream";
    storing.body_bytes_max = std::min<std::uint64_t>(size_max, options.file_bytes_max) + kFormBytes;
    storing.time_max = Milliseconds(300'000);
    router.add(Method::post, "/api/files/{purpose}", needs("files:write", std::move(storing)),
               handler(capabilities, store_file));

    auto listing =
        operation("Files, the newest first", schema({{"files", array_schema(file_schema())}, {"next", text_schema()}}));
    listing.parameters = {{"cursor", text_schema("the `next` of the page before")}, {"limit", type_schema("integer")}};
    router.add(Method::get, "/api/files/{purpose}", needs("files:read", std::move(listing)),
               handler(capabilities, list_files));
    router.add(Method::get, "/api/files/{purpose}/{id}",
               needs("files:read", operation("What is known of a file", file_schema())),
               handler(capabilities, get_file));
    router.add(Method::del, "/api/files/{purpose}/{id}",
               needs("files:write", operation("Delete a file: its owner, or an admin", nullptr, 204)),
               handler(capabilities, erase_file));
    router.add(Method::post, "/api/files/{purpose}/{id}/link",
               needs("files:write", operation("A URL that reads the file without signing in, for a while",
                                              schema({{"url", text_schema()}, {"expires_at", text_schema()}}), 201)),
               handler(capabilities, link_file));

    auto uploading = operation(
        "A form by which a client uploads a file straight to the store: post its fields and the "
        "file, named file, as multipart/form-data to the URL; then complete it",
        schema({{"id", text_schema()},
                {"url", text_schema()},
                {"fields", type_schema("object")},
                {"expires_at", text_schema()}}),
        201);
    uploading.request_schema = upload_schema();
    router.add(Method::post, "/api/files/{purpose}/uploads", needs("files:write", std::move(uploading)),
               handler(capabilities, begin_upload));
    auto completing = operation("Makes what was uploaded by a form a file", file_schema());
    completing.time_max = Milliseconds(300'000);
    router.add(Method::post, "/api/files/{purpose}/{id}/complete", needs("files:write", std::move(completing)),
               handler(capabilities, complete_upload));
    add_file_content(router, capabilities);
}

}  // namespace slipway::face
