#include "serve/object_routes.h"

#include "face/api/access.h"
#include "net/content_disposition.h"
#include "store/objects/presigned.h"

namespace slipway::serve {
namespace {

constexpr std::size_t kFormBytes = 64 << 10;  // besides the file

net::Operation described(std::string summary) {
    net::Operation operation;
    operation.summary = std::move(summary);
    operation.tag = "objects";
    operation.authenticated = false;
    operation.response_type = "application/octet-stream";
    return operation;
}

Task<net::Response> serve_object(const ServedFolder& folder, net::Request& request) {
    SLIPWAY_CO_TRY(const auto grant,
                   store::verify_presigned(folder.signing_key, folder.prefix, request.target, store::Access::get));
    SLIPWAY_CO_TRY(auto object, co_await folder.objects->get(grant.workspace, grant.key));
    auto response = net::Response::text(200, std::move(object.data), object.info.content_type);
    response.headers.set("ETag", "\"" + object.info.etag + "\"");
    // What somebody uploaded must not run on our origin.
    response.headers.set("Content-Security-Policy", "sandbox; default-src 'none'");
    response.headers.set("Content-Disposition", net::content_disposition("attachment", grant.file_name));
    auto cache_control = std::move(object.info.cache_control);
    if (cache_control.empty()) cache_control = "private, no-store";
    response.headers.set("Cache-Control", std::move(cache_control));
    co_return response;
}

Task<net::Response> take_object(const ServedFolder& folder, net::Request& request) {
    SLIPWAY_CO_TRY(const auto grant,
                   store::verify_presigned(folder.signing_key, folder.prefix, request.target, store::Access::put));
    std::string type(request.headers.get("Content-Type"));
    if (type.empty()) type = "application/octet-stream";
    SLIPWAY_CO_TRY(const auto info,
                   co_await folder.objects->put(grant.workspace, grant.key, std::move(request.body), std::move(type)));
    auto response = net::Response::empty();
    response.headers.set("ETag", "\"" + info.etag + "\"");
    co_return response;
}

Task<net::Response> take_form(const ServedFolder& folder, net::Request& request) {
    SLIPWAY_CO_TRY(auto parts, net::parse_multipart(request.headers.get("Content-Type"), request.body));
    request.body = std::string();
    store::PostedForm form;
    net::FormPart* file = nullptr;
    for (auto& part : parts) {
        if (part.name == "policy") form.policy = part.data;
        if (part.name == "signature") form.signature = part.data;
        if (part.name == "Content-Type") form.content_type = part.data;
        if (part.name == "file") file = &part;
    }
    if (file == nullptr) co_return fail(ErrorCode::invalid, "The form has no file; its field is named \"file\".");
    form.size = file->data.size();
    if (form.content_type.empty()) form.content_type = file->content_type;
    SLIPWAY_CO_TRY(const auto grant, store::verify_form(folder.signing_key, form));
    std::string type(form.content_type);
    SLIPWAY_CO_TRY(const auto info,
                   co_await folder.objects->put(grant.workspace, grant.key, std::move(file->data), std::move(type)));
    auto response = net::Response::empty();
    response.headers.set("ETag", "\"" + info.etag + "\"");
    co_return response;
}

}  // namespace

void add_object_routes(net::Router& router, const Application& application) {
    for (const auto& folder : application.served_folders()) {
        const auto pattern = folder.prefix + "/{path:rest}";
        auto serve = [&folder](net::Request& request) { return serve_object(folder, request); };
        router.add(net::Method::get, pattern, described("An object, by a signed URL"), face::handler(serve));
        auto take = [&folder](net::Request& request) { return take_object(folder, request); };
        auto writing = described("Put an object, by a signed URL");
        writing.success_status = 204;
        writing.body_bytes_max = folder.bytes_max + kFormBytes;
        auto posting = writing;
        posting.summary = "Put an object, by a signed form";
        posting.request_type = "multipart/form-data";
        router.add(net::Method::put, pattern, std::move(writing), face::handler(take));
        auto post = [&folder](net::Request& request) { return take_form(folder, request); };
        router.add(net::Method::post, pattern, std::move(posting), face::handler(post));
    }
}

}  // namespace slipway::serve
