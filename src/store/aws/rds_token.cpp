#include "store/aws/rds_token.h"

#include "base/crypto.h"
#include "store/aws/aws_actions.h"
#include "store/aws/sigv4.h"

namespace slipway::store {
namespace {

constexpr std::chrono::seconds kTokenTime = std::chrono::minutes(15);  // RDS allows no more

}  // namespace

std::string rds_token(const std::string& host, std::uint16_t port, const std::string& user, const std::string& region,
                      const AwsCredentials& credentials, Instant at) {
    record({{"rds-db", "connect", arn_of("rds-db", region, "dbuser:*/" + user)}});
    const auto place = fmt::format("{}:{}", host, port);
    SignedRequest request{.query = {{"Action", "connect"}, {"DBUser", user}}, .payload_hash = sha256_hex("")};
    request.headers.set("Host", place);
    const SigningScope scope{.region = region, .service = "rds-db", .at = at};
    sign_query(request, scope, credentials, kTokenTime, signing_rules_of(scope.service));
    return place + "/?" + amz_query(request.query);
}

}  // namespace slipway::store
