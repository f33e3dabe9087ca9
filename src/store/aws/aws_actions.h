// What this program asks of AWS, as policies of IAM name it: actions and the resources that they are for. Each is
// counted in slipway_aws_calls_total{service,action}; with SLIPWAY_AWS_CALLS=FILE in the process environment a line
// "action TAB resource" is appended to FILE for each one besides, from which a role can be written that allows what is
// needed and no more. Neither has a secret. Names follow the "Service Authorization Reference" of AWS.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace slipway::store {

struct AwsAction {
    std::string service, name;   // "sqs", "SendMessage": IAM's names, for which a batch is the single operation
    std::string resource = "*";  // an ARN; "*" for actions that know no resource. An account that is not known is "*"
};

// Of one operation of the JSON protocols: `target` is "AmazonSQS.SendMessage", `service` the signing name. One that
// does what other actions allow (passing a role on, reading several secrets) has those too.
std::vector<AwsAction> actions_of(std::string_view service, std::string_view region, std::string_view target,
                                  const json::object& input);

// "arn:aws:sqs:us-east-1:*:jobs" of service, region and "jobs"; in China and for the government other partitions.
std::string arn_of(std::string_view service, std::string_view region, std::string_view resource,
                   std::string_view account = "*");

// Thread safe. Called once for a request, however often it is repeated.
void record(const std::vector<AwsAction>& actions);

}  // namespace slipway::store
