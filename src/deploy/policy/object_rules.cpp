// Buckets of S3.
#include <algorithm>
#include <array>

#include "deploy/policy/rules.h"

namespace slipway::deploy {
namespace {

using enum Severity;

bool any_beside(const Audit& audit, const Resource& bucket, std::string_view type) {
    return !audit.plan.referring(bucket, type, "bucket").empty();
}

bool blocks_public(const Audit& audit, const Resource& bucket) {
    const auto blocks = audit.plan.referring(bucket, "aws_s3_bucket_public_access_block", "bucket");
    return std::ranges::any_of(blocks, [](const Resource* one) {
        return one->flag("block_public_acls") && one->flag("block_public_policy") && one->flag("ignore_public_acls") &&
               one->flag("restrict_public_buckets");
    });
}

bool keeps_versions(const Audit& audit, const Resource& bucket) {
    const auto all = audit.plan.referring(bucket, "aws_s3_bucket_versioning", "bucket");
    return std::ranges::any_of(all, [](const Resource* one) {
        const auto* configuration = one->block("versioning_configuration");
        return configuration != nullptr && text_or(*configuration, "status") == "Enabled";
    });
}

bool is_encrypted(const Audit& audit, const Resource& bucket) {
    return any_beside(audit, bucket, "aws_s3_bucket_server_side_encryption_configuration");
}

bool owns_objects(const Audit& audit, const Resource& bucket) {
    const auto all = audit.plan.referring(bucket, "aws_s3_bucket_ownership_controls", "bucket");
    return std::ranges::any_of(all, [](const Resource* one) {
        const auto* rule = one->block("rule");
        return rule != nullptr && text_or(*rule, "object_ownership") == "BucketOwnerEnforced";
    });
}

// A policy whose text comes later cannot be read; that there is one is what can be asked.
bool asks_for_tls(const Audit& audit, const Resource& bucket) {
    const auto policies = audit.plan.referring(bucket, "aws_s3_bucket_policy", "bucket");
    return std::ranges::any_of(policies, [](const Resource* one) {
        return one->is_unknown("policy") || one->text("policy").contains("aws:SecureTransport");
    });
}

bool forgets_parts(const Audit& audit, const Resource& bucket) {
    const auto all = audit.plan.referring(bucket, "aws_s3_bucket_lifecycle_configuration", "bucket");
    return std::ranges::any_of(all, [](const Resource* one) {
        return std::ranges::any_of(one->blocks("rule"), [](const json::object* rule) {
            return !blocks_in(*rule, "abort_incomplete_multipart_upload").empty();
        });
    });
}

bool is_logged(const Audit& audit, const Resource& bucket) {
    return any_beside(audit, bucket, "aws_s3_bucket_logging");
}

constexpr std::string_view kBucket = "aws_s3_bucket";
constexpr std::array<Rule, 7> kRules{{
    {"s3.public", kBucket, error, error, blocks_public, "Nothing keeps the bucket from becoming public.",
     "aws_s3_bucket_public_access_block with all four true."},
    {"s3.versioning", kBucket, note, warning, keeps_versions, "What is overwritten or deleted is gone.",
     "aws_s3_bucket_versioning with status = \"Enabled\"; for what can be made again, a waiver."},
    {"s3.encryption", kBucket, note, warning, is_encrypted, "How objects are encrypted is not said.",
     "aws_s3_bucket_server_side_encryption_configuration."},
    {"s3.ownership", kBucket, warning, warning, owns_objects, "Access lists of objects count.",
     "aws_s3_bucket_ownership_controls with BucketOwnerEnforced."},
    {"s3.tls", kBucket, warning, error, asks_for_tls, "Requests without TLS are answered.",
     "aws_s3_bucket_policy that denies where aws:SecureTransport is false."},
    {"s3.lifecycle", kBucket, note, warning, forgets_parts, "Parts of uploads that were given up are paid for ever.",
     "aws_s3_bucket_lifecycle_configuration with abort_incomplete_multipart_upload."},
    {"s3.access-logs", kBucket, note, note, is_logged, "Who read what is not kept.",
     "aws_s3_bucket_logging, or CloudTrail's data events."},
}};

}  // namespace

std::span<const Rule> object_rules() { return kRules; }

}  // namespace slipway::deploy
