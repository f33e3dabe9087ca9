// The port's rules for what is said of objects, and for how they are written and linked; every adapter checks them
// here.
#pragma once

#include "store/objects/objects.h"

namespace slipway::store {

inline constexpr std::size_t kContentTypeBytesMax = 255;
inline constexpr std::size_t kLabelNameBytesMax = 64, kLabelValueBytesMax = 256, kLabelBytesMax = 2048;
inline constexpr std::size_t kTagsMax = 10;
inline constexpr std::chrono::seconds kPresignedTimeMax = std::chrono::days(7);

// All of them: `invalid` that says what is wrong.
Result<void> check_attributes(const ObjectAttributes& attributes);
Result<void> check_condition(const WriteCondition& condition);
Result<void> check_link_time(Milliseconds valid_for);
Result<void> check_form_limits(const FormLimits& limits);
// Of an object whose size is not known here: that the range is not empty.
Result<void> check_range(const std::optional<ByteRange>& range);

// What an upload answers after one of its writes failed, and after it was finished.
std::unexpected<Error> broken_upload(std::string_view key);

}  // namespace slipway::store
