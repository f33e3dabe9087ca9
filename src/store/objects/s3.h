// Objects in S3, or in what speaks its protocol. One object per key, at "<prefix>/<workspace>/<key>" (s3_place.h).
//
// What is put carries its SHA-256 as metadata, and every read of it whole is checked against that. What is uploaded, of
// a length that is not known before, carries a CRC-32 of the whole if it has more than one part, as far as the server
// knows such (over TLS it takes the place of a signed payload). The etag is S3's own, since that is what it compares
// when a write has a condition. A bucket that is not ours alone is fine: what lies there beside our prefix is not seen.
//
// An upload that is dropped is aborted beside the work; parts of one that could not be (the process died) cost storage
// until a rule of the bucket removes them (AbortIncompleteMultipartUpload).
//
// The role needs s3:GetObject, PutObject, DeleteObject and AbortMultipartUpload of the prefix, ListBucket of the bucket
// (without it S3 says of what is not there that it is forbidden), and PutObjectTagging where there are tags.
#pragma once

#include <memory>
#include <string>

#include "base/pool.h"
#include "store/aws/aws_client.h"
#include "store/objects/objects.h"

namespace slipway::store {

struct S3ObjectsOptions {
    std::string url;                                   // s3_place.h
    std::string region;                                // when the URL has none
    std::shared_ptr<CredentialsProvider> credentials;  // credentials_chain.h, or CredentialsProvider::of(…)
    AwsClientOptions client;
    std::uint64_t object_bytes_max = std::uint64_t(5) << 30;  // what S3 copies in one request; not above
    std::size_t put_bytes_max = 256 << 20;                    // of one put; more is uploaded
    std::size_t read_bytes_max = 256 << 20;                   // of one get; larger objects are read by ranges
    std::size_t part_bytes = 8 << 20;  // what an upload holds; at least 5 MiB, and object_bytes_max / 10,000
    std::size_t list_max = 1000;       // objects in one page; not above
};

// Asks nothing yet (check() does). The net client must outlive the store and the loops that it was used on, and so must
// the pool, which counts checksums of what is large.
Result<std::unique_ptr<Objects>> open_s3_objects(S3ObjectsOptions options, net::Client& client, WorkerPool& pool);

}  // namespace slipway::store
