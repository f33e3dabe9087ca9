#include "store/objects/object_attributes.h"

#include <algorithm>

namespace slipway::store {
namespace {

bool is_printable_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_label_name(std::string_view name) {
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return !name.empty() && name.size() <= kLabelNameBytesMax && !name.starts_with("slipway-") &&
           std::ranges::all_of(name, allowed);
}

Result<void> check_header(std::string_view what, std::string_view value) {
    if (value.size() <= kContentTypeBytesMax && is_printable_ascii(value)) return {};
    return fail(ErrorCode::invalid, "The {} of an object has at most {} bytes of printable ASCII.", what,
                kContentTypeBytesMax);
}

// Spaces at the ends would not arrive.
Result<void> check_labels(std::string_view what, const ObjectLabels& labels) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : labels) {
        bytes += name.size() + value.size();
        if (!is_label_name(name))
            return fail(ErrorCode::invalid,
                        "The name of {} is 1 to {} of a-z, 0-9 and -, and does not begin with slipway-.", what,
                        kLabelNameBytesMax);
        if (value.size() > kLabelValueBytesMax || !is_printable_ascii(value) || value.starts_with(' ') ||
            value.ends_with(' '))
            return fail(ErrorCode::invalid,
                        "The value of {} {} is at most {} printable ASCII without spaces at the ends.", what, name,
                        kLabelValueBytesMax);
    }
    if (bytes > kLabelBytesMax)
        return fail(ErrorCode::invalid, "An object has at most {} bytes of {}.", kLabelBytesMax, what);
    return {};
}

}  // namespace

Result<void> check_attributes(const ObjectAttributes& attributes) {
    SLIPWAY_CHECK(check_header("content type", attributes.content_type));
    SLIPWAY_CHECK(check_header("cache control", attributes.cache_control));
    SLIPWAY_CHECK(check_labels("metadata", attributes.metadata));
    SLIPWAY_CHECK(check_labels("tags", attributes.tags));
    if (attributes.tags.size() > kTagsMax) return fail(ErrorCode::invalid, "An object has at most {} tags.", kTagsMax);
    return {};
}

Result<void> check_condition(const WriteCondition& condition) {
    if (condition.if_absent && !condition.if_match.empty())
        return fail(ErrorCode::invalid, "An object cannot be absent and have an etag.");
    if (condition.if_match.contains('"') || !is_printable_ascii(condition.if_match))
        return fail(ErrorCode::invalid, "That is no etag of an object.");
    return {};
}

Result<void> check_link_time(Milliseconds valid_for) {
    if (valid_for > Milliseconds(0) && valid_for <= kPresignedTimeMax) return {};
    return fail(ErrorCode::invalid, "A link is valid for more than nothing and at most 7 days.");
}

Result<void> check_form_limits(const FormLimits& limits) {
    SLIPWAY_CHECK(check_header("content type", limits.content_type));
    if (limits.content_type.empty())
        return fail(ErrorCode::invalid, "A form for an upload needs a content type, such as image/.");
    if (limits.bytes_min > limits.bytes_max)
        return fail(ErrorCode::invalid, "A form for an upload allows no size: its least is above its most.");
    return {};
}

Result<void> check_range(const std::optional<ByteRange>& range) {
    if (!range || !range->last || *range->last >= range->first) return {};
    return fail(ErrorCode::invalid, "The range ends before it begins.");
}

std::unexpected<Error> broken_upload(std::string_view key) {
    return fail(ErrorCode::unavailable, "The upload of {} has ended; begin it again.", key);
}

}  // namespace slipway::store
