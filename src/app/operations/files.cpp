// slipway.files.*
#include "app/capabilities/files.h"

#include "app/operations/operations.h"
#include "base/text.h"

namespace slipway::app {
namespace {

constexpr std::uint64_t kTextBytesMax = 8 << 20;  // of what a script reads; larger files are for links

struct Wanted {
    file::Caller caller;
    std::string purpose, id;
};

Task<Wanted> wanted_of(const Capabilities& capabilities, CallContext& context, const json::object& arguments) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
    co_return Wanted{.caller = file::Caller(principal, true),
                     .purpose = std::string(text_or(arguments, "purpose")),
                     .id = std::string(text_or(arguments, "id"))};
}

file::NewFile new_file_of(const json::object& arguments) {
    return {.purpose = std::string(text_or(arguments, "purpose")),
            .name = std::string(text_or(arguments, "name")),
            .content_type = std::string(text_or(arguments, "content_type"))};
}

Task<json::value> put(const Capabilities& capabilities, CallContext& context, json::object arguments) {
    SLIPWAY_CO_TRY(const auto wanted, co_await wanted_of(capabilities, context, arguments));
    auto made = new_file_of(arguments);
    std::string bytes(text_or(arguments, "content"));
    const auto* file = find(arguments, "file");
    if (const auto* part = file == nullptr ? nullptr : context.file(*file)) {
        bytes = part->data;
        if (made.name.empty()) made.name = part->file_name;
        if (made.content_type.empty()) made.content_type = part->content_type;
    }
    SLIPWAY_CO_TRY(const auto stored,
                   co_await capabilities.files.put(wanted.caller, std::move(made), std::move(bytes)));
    co_return json::value(to_json(stored, capabilities.files, wanted.caller.workspace));
}

// With content: true also what is in it, where that is text.
Task<json::value> get(const Capabilities& capabilities, CallContext& context, json::object arguments) {
    SLIPWAY_CO_TRY(const auto wanted, co_await wanted_of(capabilities, context, arguments));
    SLIPWAY_CO_TRY(const auto file, co_await capabilities.files.get(wanted.caller, wanted.purpose, wanted.id));
    auto object = to_json(file, capabilities.files, wanted.caller.workspace);
    if (!bool_or(arguments, "content", false)) co_return json::value(std::move(object));
    if (file.size > kTextBytesMax)
        co_return fail(ErrorCode::invalid, "The file {} has {} bytes; a script reads at most {}. Make a link of it.",
                       file.id, file.size, kTextBytesMax);
    const std::optional<store::ByteRange> all;
    SLIPWAY_CO_TRY(auto content, co_await capabilities.files.content(wanted.caller.workspace, file, all));
    if (!is_valid_utf8(content.data))
        co_return fail(ErrorCode::invalid, "The file {} is not text; make a link of it.", file.id);
    object["content"] = content.data;
    co_return json::value(std::move(object));
}

Task<json::value> list(const Capabilities& capabilities, CallContext& context, json::object arguments) {
    SLIPWAY_CO_TRY(const auto wanted, co_await wanted_of(capabilities, context, arguments));
    std::optional<std::string> cursor;
    if (const auto given = text_or(arguments, "cursor"); !given.empty()) cursor = std::string(given);
    const auto limit = std::clamp<std::int64_t>(integer_or(arguments, "limit", 50), 1, file::kPageMax);
    SLIPWAY_CO_TRY(const auto page,
                   co_await capabilities.files.list(wanted.caller, wanted.purpose, static_cast<std::size_t>(limit),
                                                    std::move(cursor)));
    co_return json::value(to_json(page, capabilities.files, wanted.caller.workspace));
}

Task<json::value> upload_form(const Capabilities& capabilities, CallContext& context, json::object arguments) {
    SLIPWAY_CO_TRY(const auto wanted, co_await wanted_of(capabilities, context, arguments));
    const auto size = std::max<std::int64_t>(0, integer_or(arguments, "size", 0));
    auto made = new_file_of(arguments);
    SLIPWAY_CO_TRY(const auto upload, co_await capabilities.files.begin_upload(wanted.caller, std::move(made),
                                                                               static_cast<std::uint64_t>(size)));
    co_return json::value(to_json(upload));
}

}  // namespace

void bind_file_operations(ScriptHost& host, const Capabilities& capabilities) {
    const auto bind = [&](std::string name, auto operation) {
        host.bind(std::move(name), [&capabilities, operation](CallContext& context, json::value given) {
            return operation(capabilities, context, object_of(std::move(given)));
        });
    };
    bind("files.put", put);
    bind("files.get", get);
    bind("files.list", list);
    bind("files.upload_form", upload_form);
    host.bind("files.erase", [&capabilities](CallContext& context, json::value given) -> Task<json::value> {
        const auto arguments = object_of(std::move(given));
        SLIPWAY_CO_TRY(const auto wanted, co_await wanted_of(capabilities, context, arguments));
        SLIPWAY_CO_CHECK(co_await capabilities.files.erase(wanted.caller, wanted.purpose, wanted.id));
        co_return json::value(json::object());
    });
    host.bind("files.link", [&capabilities](CallContext& context, json::value given) -> Task<json::value> {
        const auto arguments = object_of(std::move(given));
        SLIPWAY_CO_TRY(const auto wanted, co_await wanted_of(capabilities, context, arguments));
        SLIPWAY_CO_TRY(const auto link, co_await capabilities.files.link(wanted.caller, wanted.purpose, wanted.id));
        co_return json::value(to_json(link));
    });
    host.bind("files.complete", [&capabilities](CallContext& context, json::value given) -> Task<json::value> {
        const auto arguments = object_of(std::move(given));
        SLIPWAY_CO_TRY(const auto wanted, co_await wanted_of(capabilities, context, arguments));
        SLIPWAY_CO_TRY(const auto file, co_await capabilities.files.complete(wanted.caller, wanted.purpose, wanted.id));
        co_return json::value(to_json(file, capabilities.files, wanted.caller.workspace));
    });
}

}  // namespace slipway::app
