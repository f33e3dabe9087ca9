#include "serve/object_routes.h"

#include "face/api/access.h"
#include "store/objects/presigned.h"

namespace slipway::serve {
namespace {

constexpr std::string_view kPrefix = "/objects";

net::Operation described(std::string summary) {
    net::Operation operation;
    operation.summary = std::move(summary);
    operation.tag = "objects";
    operation.authenticated = false;
    operation.response_type = "application/octet-stream";
    return operation;
}

Task<net::Response> serve_object(Application& application, net::Request& request) {
    SLIPWAY_CO_TRY(const auto grant,
                   store::verify_presigned(application.object_key(), kPrefix, request.target, store::Access::get));
    SLIPWAY_CO_TRY(auto object, co_await application.objects().get(grant.workspace, grant.key));
    auto response = net::Response::text(200, std::move(object.data), object.info.content_type);
    response.headers.set("ETag", "\"" + object.info.etag + "\"");
    // What somebody uploaded must not run on our origin.
    response.headers.set("Content-Security-Policy", "sandbox; default-src 'none'");
    response.headers.set("Content-Disposition", "attachment");
    auto cache_control = std::move(object.info.cache_control);
    if (cache_control.empty()) cache_control = "private, no-store";
    response.headers.set("Cache-Control", std::move(cache_control));
    co_return response;
}

Task<net::Response> take_object(Application& application, net::Request& request) {
    SLIPWAY_CO_TRY(const auto grant,
                   store::verify_presigned(application.object_key(), kPrefix, request.target, store::Access::put));
    std::string type(request.headers.get("Content-Type"));
    if (type.empty()) type = "application/octet-stream";
    SLIPWAY_CO_TRY(const auto info, co_await application.objects().put(grant.workspace, grant.key,
                                                                       std::move(request.body), std::move(type)));
    auto response = net::Response::empty();
    response.headers.set("ETag", "\"" + info.etag + "\"");
    co_return response;
}

Task<net::Response> take_form(Application& application, net::Request& request) {
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
    SLIPWAY_CO_TRY(const auto grant, store::verify_form(application.object_key(), form));
    std::string type(form.content_type);
    SLIPWAY_CO_TRY(const auto info, co_await application.objects().put(grant.workspace, grant.key,
                                                                       std::move(file->data), std::move(type)));
    auto response = net::Response::empty();
    response.headers.set("ETag", "\"" + info.etag + "\"");
    co_return response;
}

}  // namespace

void add_object_routes(net::Router& router, Application& application) {
    auto serve = [&application](net::Request& request) { return serve_object(application, request); };
    router.add(net::Method::get, "/objects/{path:rest}", described("An object, by a signed URL"), face::handler(serve));
    auto take = [&application](net::Request& request) { return take_object(application, request); };
    auto writing = described("Put an object, by a signed URL");
    writing.success_status = 204;
    writing.body_bytes_max = application.manifest().knowledge.upload_bytes_max;
    auto posting = writing;
    posting.summary = "Put an object, by a signed form";
    posting.request_type = "multipart/form-data";
    router.add(net::Method::put, "/objects/{path:rest}", std::move(writing), face::handler(take));
    auto post = [&application](net::Request& request) { return take_form(application, request); };
    router.add(net::Method::post, "/objects/{path:rest}", std::move(posting), face::handler(post));
}

}  // namespace slipway::serve
