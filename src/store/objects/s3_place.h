// Where objects lie in S3, and how they are addressed there:
//   s3://bucket/prefix?region=us-west-2&endpoint=https://host:port&style=path&checksums=off
// Everything but the bucket may be left out. `endpoint` names a server that speaks S3 (MinIO, R2, …). `style` is
// "virtual" (bucket.host) or "path" (host/bucket); the default is virtual on AWS and path elsewhere, or where the
// bucket has a dot, which no certificate covers. `checksums=off` leaves out the headers of S3's own checksums, for
// servers that refuse them; signatures protect what is sent all the same. Credentials never stand in the URL.
#pragma once

#include <string>
#include <string_view>

#include "base/workspace.h"
#include "store/aws/aws_client.h"

namespace slipway::store {

struct S3Place {
    AwsEndpoint endpoint;  // its URL holds the bucket in virtual style
    std::string bucket;
    std::string root;    // of the path: "" or "/bucket"
    std::string prefix;  // of all keys: "" or "a/b/"
    bool checksums = true;

    // "prefix/workspace/": what every key of the workspace begins with.
    std::string folder_of(const WorkspaceId& workspace) const;
    // Of the request line, escaped.
    std::string path_of(const WorkspaceId& workspace, std::string_view key) const;
};

// `region` is taken when the URL has none. `invalid` names the part that is wrong.
Result<S3Place> parse_s3_url(std::string_view url, std::string_view region);

}  // namespace slipway::store
