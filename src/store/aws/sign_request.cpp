#include "store/aws/sign_request.h"

#include "base/crypto.h"
#include "base/text.h"
#include "net/client_target.h"
#include "store/aws/aws_actions.h"

namespace slipway::store {

Task<void> sign_request(net::ClientRequest& request, SigningScope scope, CredentialsProvider& credentials) {
    SLIPWAY_CO_TRY(const auto target, net::parse_target(request.url));
    const auto question = std::min(target.path.find('?'), target.path.size());
    auto query = net::parse_form(std::string_view(target.path).substr(std::min(question + 1, target.path.size())));
    if (!query) co_return fail(ErrorCode::invalid, "The query of a request to {} is not valid.", target.place());
    SignedRequest part;
    part.method = request.method;
    part.path = target.path.substr(0, question);
    part.query = *std::move(query);
    part.headers = request.headers;
    part.headers.set("Host", target.authority);
    part.payload_hash = sha256_hex(request.body);
    SLIPWAY_CO_TRY(const auto used, co_await credentials.get());
    // Of a domain the action is the method; of a serverless collection there is one for all.
    const bool serverless = scope.service == "aoss";
    const auto method = std::string(net::to_string(request.method));
    const auto action = serverless ? "APIAccessAll" : "ESHttp" + method.substr(0, 1) + lower_ascii(method.substr(1));
    record({{scope.service, action, arn_of(scope.service, scope.region, serverless ? "collection/*" : "domain/*")}});
    sign_headers(part, scope, used, signing_rules_of(scope.service));
    request.url = fmt::format("{}://{}{}", target.secure ? "https" : "http", target.authority, part.path);
    if (!part.query.empty()) request.url += "?" + amz_query(part.query);
    part.headers.remove("Host");  // the client's own
    request.headers = std::move(part.headers);
    co_return Result<void>();
}

}  // namespace slipway::store
