#include "app/capabilities/chat_events.h"
#include "app/operations/operations.h"

namespace slipway::app {
namespace {

chat::Owner owner_of(const account::Principal& principal) { return {principal.workspace, principal.user.id}; }

std::size_t count_of(const json::object& arguments, std::string_view key, std::int64_t otherwise) {
    return static_cast<std::size_t>(std::clamp<std::int64_t>(integer_or(arguments, key, otherwise), 0, 1'000'000));
}

// By id, or by number for clients with small ids.
Task<chat::Chat> chat_of(const Capabilities& capabilities, const account::Principal& principal,
                         const json::object& arguments) {
    if (find(arguments, "number") != nullptr)
        co_return co_await capabilities.chats.get_by_number(owner_of(principal), integer_or(arguments, "number", 0));
    co_return co_await capabilities.chats.get(owner_of(principal), std::string(text_or(arguments, "id")));
}

Task<json::value> send(const Capabilities& capabilities, CallContext& context, json::object arguments,
                       ScriptCallback callback) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
    if (context.admit) SLIPWAY_CO_CHECK(co_await context.admit(context));
    chat::SendRequest wanted;
    wanted.owner = owner_of(principal);
    wanted.content = std::string(text_or(arguments, "content"));
    if (find(arguments, "number") != nullptr || find(arguments, "id") != nullptr) {
        SLIPWAY_CO_TRY(const auto chat, co_await chat_of(capabilities, principal, arguments));
        wanted.chat_id = chat.id;
    }
    chat::ChatListener listener = [&capabilities, &principal, &callback](const chat::ChatEvent& event) -> Task<void> {
        if (!callback) co_return Result<void>();
        auto told = to_json(event, capabilities.links, principal.workspace);
        auto answered = co_await callback(std::move(told));
        if (!answered) co_return pass(answered);
        co_return Result<void>();
    };
    SLIPWAY_CO_TRY(const auto message, co_await capabilities.chats.send(std::move(wanted), listener));
    co_return json::value(to_json(*message, capabilities.links, principal.workspace));
}

}  // namespace

void bind_chat_operations(ScriptHost& host, const Capabilities& capabilities) {
    host.bind("chats.list", [&capabilities](CallContext& context, json::value given) -> Task<json::value> {
        const auto arguments = object_of(std::move(given));
        SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
        SLIPWAY_CO_TRY(const auto page,
                       co_await capabilities.chats.list(owner_of(principal), count_of(arguments, "offset", 0),
                                                        count_of(arguments, "limit", 20)));
        json::array items;
        for (const auto& chat : page.chats) items.push_back(chat::to_json(chat));
        co_return json::value(json::object{{"chats", std::move(items)}, {"total", page.total}});
    });
    host.bind("chats.get", [&capabilities](CallContext& context, json::value given) -> Task<json::value> {
        const auto arguments = object_of(std::move(given));
        SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
        SLIPWAY_CO_TRY(const auto chat, co_await chat_of(capabilities, principal, arguments));
        co_return json::value(chat::to_json(chat));
    });
    host.bind("chats.messages", [&capabilities](CallContext& context, json::value given) -> Task<json::value> {
        const auto arguments = object_of(std::move(given));
        SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
        SLIPWAY_CO_TRY(const auto chat, co_await chat_of(capabilities, principal, arguments));
        SLIPWAY_CO_TRY(const auto messages, co_await capabilities.chats.messages(owner_of(principal), chat.id,
                                                                                 integer_or(arguments, "before", 0),
                                                                                 count_of(arguments, "limit", 500)));
        json::array items;
        for (const auto& message : messages) items.push_back(to_json(message, capabilities.links, principal.workspace));
        co_return json::value(json::object{{"messages", std::move(items)}});
    });
    host.bind("chats.rename", [&capabilities](CallContext& context, json::value given) -> Task<json::value> {
        const auto arguments = object_of(std::move(given));
        SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
        SLIPWAY_CO_TRY(const auto chat, co_await chat_of(capabilities, principal, arguments));
        SLIPWAY_CO_TRY(const auto renamed, co_await capabilities.chats.rename(
                                               owner_of(principal), chat.id, std::string(text_or(arguments, "title"))));
        co_return json::value(chat::to_json(renamed));
    });
    host.bind("chats.remove", [&capabilities](CallContext& context, json::value given) -> Task<json::value> {
        const auto arguments = object_of(std::move(given));
        SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
        SLIPWAY_CO_TRY(const auto chat, co_await chat_of(capabilities, principal, arguments));
        SLIPWAY_CO_CHECK(co_await capabilities.chats.remove(owner_of(principal), chat.id));
        co_return json::value(json::object());
    });
    host.bind_streaming("chats.send",
                        [&capabilities](CallContext& context, json::value given, ScriptCallback callback) {
                            return send(capabilities, context, object_of(std::move(given)), std::move(callback));
                        });
}

}  // namespace slipway::app
