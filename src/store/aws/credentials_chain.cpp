#include "store/aws/credentials_chain.h"

#include <fstream>
#include <sstream>

#include "store/aws/assumed_role.h"
#include "store/aws/credentials_document.h"
#include "store/aws/credentials_endpoint.h"

namespace slipway::store {
namespace {

using Found = std::optional<AwsCredentials>;

constexpr std::size_t kRolesMax = 5;  // of source profiles one behind the other

std::string home_file(const Environment& environment, std::string_view name) {
    return environment.get_or("HOME", "") + "/.aws/" + std::string(name);
}
std::string credentials_file(const Environment& environment) {
    return environment.get("AWS_SHARED_CREDENTIALS_FILE").value_or(home_file(environment, "credentials"));
}
std::string config_file(const Environment& environment) {
    return environment.get("AWS_CONFIG_FILE").value_or(home_file(environment, "config"));
}
std::string profile_name(const Environment& environment) { return environment.get_or("AWS_PROFILE", "default"); }

std::string value_of(const ProfileValues& profile, std::string_view name) {
    const auto found = profile.find(name);
    return found == profile.end() ? "" : found->second;
}

class Chain final : public CredentialsSource {
 public:
    Chain(Environment environment, net::Client& client, WorkerPool& pool)
        : environment_(std::move(environment)), client_(client), pool_(pool) {}
    Task<AwsCredentials> fetch() override;

 private:
    Result<Found> of_environment() const;
    Task<Profiles> profiles();
    Task<Found> of_profile(std::string name, const Profiles& profiles, std::size_t depth);
    Task<AwsCredentials> of_role(const ProfileValues& profile, const Profiles& profiles, std::string name,
                                 std::size_t depth);
    Task<Found> of_credential_source(std::string_view source);
    Task<Found> of_web_identity();
    AwsEndpoint sts(const ProfileValues& profile) const;

    Environment environment_;
    net::Client& client_;
    net::Client beside_{};  // for endpoints of this machine: without a proxy
    WorkerPool& pool_;
};

AwsEndpoint Chain::sts(const ProfileValues& profile) const {
    auto region = environment_.get_or("AWS_REGION", environment_.get_or("AWS_DEFAULT_REGION", ""));
    if (region.empty()) region = value_of(profile, "region");
    if (region.empty()) region = "us-east-1";
    auto url = environment_.get_or("AWS_ENDPOINT_URL_STS", environment_.get_or("AWS_ENDPOINT_URL", ""));
    return aws_endpoint("sts", std::move(region), std::move(url));
}

Result<Found> Chain::of_environment() const {
    const auto id = environment_.get("AWS_ACCESS_KEY_ID"), key = environment_.get("AWS_SECRET_ACCESS_KEY");
    if (!id && !key) return Found();
    if (!id || !key)
        return fail(ErrorCode::invalid, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set both or neither.");
    return AwsCredentials{
        .access_key_id = *id, .secret_access_key = *key, .session_token = environment_.get_or("AWS_SESSION_TOKEN", "")};
}

Task<Profiles> Chain::profiles() {
    Profiles found;
    const auto keys = co_await read_small_file(credentials_file(environment_), pool_);
    if (keys) add_profiles(*keys, ProfileFile::credentials, found);
    const auto settings = co_await read_small_file(config_file(environment_), pool_);
    if (settings) add_profiles(*settings, ProfileFile::config, found);
    co_return found;
}

Task<Found> Chain::of_profile(std::string name, const Profiles& profiles, std::size_t depth) {
    const auto found = profiles.find(name);
    if (found == profiles.end()) {
        if (depth == 0 && !environment_.has("AWS_PROFILE")) co_return Found();
        co_return fail(ErrorCode::invalid, "There is no AWS profile {} in {} or {}.", name,
                       credentials_file(environment_), config_file(environment_));
    }
    const auto& profile = found->second;
    if (!value_of(profile, "role_arn").empty()) {
        SLIPWAY_CO_TRY(auto assumed, co_await of_role(profile, profiles, name, depth));
        co_return assumed;
    }
    AwsCredentials keys{.access_key_id = value_of(profile, "aws_access_key_id"),
                        .secret_access_key = value_of(profile, "aws_secret_access_key"),
                        .session_token = value_of(profile, "aws_session_token")};
    if (!keys.access_key_id.empty() && !keys.secret_access_key.empty()) co_return keys;
    for (const char* const other : {"credential_process", "sso_session", "sso_start_url"})
        if (!value_of(profile, other).empty())
            co_return fail(ErrorCode::invalid,
                           "The AWS profile {} has {}, which a server does not use; give keys, a "
                           "role_arn, or the role of the machine.",
                           name, other);
    if (depth == 0 && !environment_.has("AWS_PROFILE")) co_return Found();
    co_return fail(ErrorCode::invalid, "The AWS profile {} has neither keys nor a role.", name);
}

Task<AwsCredentials> Chain::of_role(const ProfileValues& profile, const Profiles& profiles, std::string name,
                                    std::size_t depth) {
    RoleRequest role{.role_arn = value_of(profile, "role_arn"),
                     .session_name = value_of(profile, "role_session_name"),
                     .external_id = value_of(profile, "external_id")};
    auto endpoint = sts(profile);
    if (const auto file = value_of(profile, "web_identity_token_file"); !file.empty()) {
        SLIPWAY_CO_TRY(auto token, co_await read_small_file(file, pool_));
        co_return co_await assume_role_with_web_identity(client_, std::move(endpoint), std::move(role),
                                                         std::move(token));
    }
    if (depth >= kRolesMax) co_return fail(ErrorCode::invalid, "The source profiles of {} lead in a circle.", name);
    const auto source_profile = value_of(profile, "source_profile");
    Result<Found> source;
    if (!source_profile.empty() && source_profile != name) {
        source = co_await of_profile(source_profile, profiles, depth + 1);
    } else if (source_profile.empty()) {
        source = co_await of_credential_source(value_of(profile, "credential_source"));
    }
    if (!source) co_return pass(source);
    if (!*source)
        co_return fail(ErrorCode::invalid,
                       "The AWS profile {} has a role, but no source_profile or credential_source "
                       "to assume it with.",
                       name);
    co_return co_await assume_role(client_, std::move(endpoint), std::move(role), **std::move(source));
}

Task<Found> Chain::of_credential_source(std::string_view source) {
    if (source == "Environment") co_return of_environment();
    if (source == "EcsContainer") co_return co_await credentials_of_container(environment_, beside_, pool_);
    if (source == "Ec2InstanceMetadata") co_return co_await credentials_of_instance(environment_, beside_);
    co_return Found();
}

Task<Found> Chain::of_web_identity() {
    const auto file = environment_.get("AWS_WEB_IDENTITY_TOKEN_FILE"), arn = environment_.get("AWS_ROLE_ARN");
    if (!file || !arn) co_return Found();
    SLIPWAY_CO_TRY(auto token, co_await read_small_file(*file, pool_));
    RoleRequest role{.role_arn = *arn, .session_name = environment_.get_or("AWS_ROLE_SESSION_NAME", "")};
    auto endpoint = sts({});
    SLIPWAY_CO_TRY(auto found, co_await assume_role_with_web_identity(client_, std::move(endpoint), std::move(role),
                                                                      std::move(token)));
    co_return found;
}

Task<AwsCredentials> Chain::fetch() {
    if (!environment_.has("AWS_PROFILE")) {
        SLIPWAY_CO_TRY(auto found, of_environment());
        if (found) co_return *std::move(found);
    }
    SLIPWAY_CO_TRY(const auto known, co_await profiles());
    SLIPWAY_CO_TRY(auto profiled, co_await of_profile(profile_name(environment_), known, 0));
    if (profiled) co_return *std::move(profiled);
    SLIPWAY_CO_TRY(auto identified, co_await of_web_identity());
    if (identified) co_return *std::move(identified);
    SLIPWAY_CO_TRY(auto contained, co_await credentials_of_container(environment_, beside_, pool_));
    if (contained) co_return *std::move(contained);
    SLIPWAY_CO_TRY(auto instance, co_await credentials_of_instance(environment_, beside_));
    if (instance) co_return *std::move(instance);
    co_return fail(ErrorCode::unavailable,
                   "There are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or run "
                   "where a role is given.");
}

std::string read_now(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (file) text << file.rdbuf();
    return std::move(text).str();
}

}  // namespace

std::shared_ptr<CredentialsProvider> credentials_from_chain(Environment environment, net::Client& client,
                                                            WorkerPool& pool) {
    return std::make_shared<CredentialsProvider>(std::make_unique<Chain>(std::move(environment), client, pool));
}

std::string region_from_chain(const Environment& environment) {
    auto region = environment.get_or("AWS_REGION", environment.get_or("AWS_DEFAULT_REGION", ""));
    if (!region.empty()) return region;
    Profiles profiles;
    add_profiles(read_now(credentials_file(environment)), ProfileFile::credentials, profiles);
    add_profiles(read_now(config_file(environment)), ProfileFile::config, profiles);
    return value_of(profiles[profile_name(environment)], "region");
}

}  // namespace slipway::store
