// What a request to S3 is to IAM: a method, a query and headers have no name there, actions have.
#pragma once

#include <vector>

#include "store/aws/aws_actions.h"
#include "store/objects/s3_place.h"

namespace slipway::store {

// `request` as it is sent to the bucket. A copy is reading and writing; tags are an action of their own.
std::vector<AwsAction> actions_of(const S3Place& place, const AwsRequest& request);

}  // namespace slipway::store
