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
    response.headers.set("Cache-Control", "private, no-store");
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

}  // namespace

void add_object_routes(net::Router& router, Application& application) {
    auto serve = [&application](net::Request& request) { return serve_object(application, request); };
    router.add(net::Method::get, "/objects/{path:rest}", described("An object, by a signed URL"), face::handler(serve));
    auto take = [&application](net::Request& request) { return take_object(application, request); };
    auto writing = described("Put an object, by a signed URL");
    writing.success_status = 204;
    writing.body_bytes_max = application.manifest().knowledge.upload_bytes_max;
    router.add(net::Method::put, "/objects/{path:rest}", std::move(writing), face::handler(take));
}

}  // namespace slipway::serve
