// The texts that credentials come in. Takes any bytes; no message repeats them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "store/aws/credentials.h"

namespace slipway::store {

// What the container endpoint and the instance's metadata answer: {"AccessKeyId", "SecretAccessKey", "Token",
// "Expiration"}; and {"Code", "Message"} when they have none.
Result<AwsCredentials> parse_credentials_json(std::string_view text, std::string_view place);

// What STS answers to AssumeRole and its kin (Query protocol, XML).
Result<AwsCredentials> parse_assumed_role(std::string_view text);

// "2026-11-30T12:00:00Z", also with a fraction.
std::optional<Instant> parse_utc(std::string_view text);

// The shared files ("AWS SDKs and Tools Reference Guide", shared config and credentials files): sections of names and
// values. In the configuration file a section is "[profile NAME]" or "[default]", in the other one "[NAME]".
using ProfileValues = std::map<std::string, std::string, std::less<>>;
using Profiles = std::map<std::string, ProfileValues, std::less<>>;
enum class ProfileFile : unsigned char { config, credentials };
// What cannot be read is left out, as other tools do. The values of `into` stay: read the credentials file first.
void add_profiles(std::string_view text, ProfileFile kind, Profiles& into);

}  // namespace slipway::store
