#include "store/aws/assumed_role.h"

#include "base/text.h"
#include "store/aws/aws_actions.h"
#include "store/aws/credentials_document.h"

namespace slipway::store {
namespace {

constexpr std::string_view kVersion = "2011-06-15";

net::Fields form_of(std::string_view action, const RoleRequest& role) {
    net::Fields form{{"Action", std::string(action)},
                     {"Version", std::string(kVersion)},
                     {"RoleArn", role.role_arn},
                     {"RoleSessionName", role.session_name.empty() ? "slipway" : role.session_name}};
    if (!role.external_id.empty()) form.emplace_back("ExternalId", role.external_id);
    return form;
}

Task<AwsCredentials> ask(AwsClient& client, AwsEndpoint sts, const net::Fields& form) {
    AwsRequest request{.method = net::Method::post, .body = amz_query(form)};
    request.headers.set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    SLIPWAY_CO_TRY(const auto answer, co_await client.send(std::move(sts), std::move(request)));
    co_return parse_assumed_role(answer.body);
}

}  // namespace

Task<AwsCredentials> assume_role_with_web_identity(net::Client& client, AwsEndpoint sts, RoleRequest role,
                                                   std::string token) {
    AwsClient unsigned_client(client, nullptr);
    auto form = form_of("AssumeRoleWithWebIdentity", role);
    form.emplace_back("WebIdentityToken", trim(token));
    co_return co_await ask(unsigned_client, std::move(sts), form);
}

Task<AwsCredentials> assume_role(net::Client& client, AwsEndpoint sts, RoleRequest role, AwsCredentials source) {
    AwsClient signing_client(client, CredentialsProvider::of(std::move(source)));
    const auto form = form_of("AssumeRole", role);
    record({{"sts", "AssumeRole", role.role_arn}});
    co_return co_await ask(signing_client, std::move(sts), form);
}

}  // namespace slipway::store
