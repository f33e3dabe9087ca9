// slipway.jobs.*, slipway.mail.send, slipway.cache.*
#include "app/capabilities/jobs.h"

#include "app/operations/operations.h"

namespace slipway::app {
namespace {

constexpr std::string_view kCacheGroup = "script";
constexpr Milliseconds kCacheTime{3'600'000};

Task<json::value> start(const Capabilities& capabilities, CallContext& context, json::object wanted) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
    SLIPWAY_CO_TRY(const auto info, co_await start_job(capabilities, principal, std::move(wanted)));
    co_return json::value(to_json(info));
}

Result<store::Mailbox> mailbox_of(const json::value& given) {
    if (given.is_string()) return store::Mailbox{to_text(given.get_string())};
    if (const auto* object = given.if_object())
        return store::Mailbox{std::string(text_or(*object, "address")), std::string(text_or(*object, "name"))};
    return fail(ErrorCode::invalid, "A recipient is an address, or {{address, name}}.");
}

Task<json::value> send(const Capabilities& capabilities, CallContext& context, json::object wanted) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
    if (capabilities.mail_from.address.empty())
        co_return fail(ErrorCode::invalid, "Nothing can be mailed: app.yaml has no stores.mail_from.");
    store::Message message;
    message.from = capabilities.mail_from;
    if (const auto* to = find(wanted, "to"); to != nullptr && to->is_array()) {
        for (const auto& each : to->get_array()) {
            SLIPWAY_CO_TRY(auto mailbox, mailbox_of(each));
            message.to.push_back(std::move(mailbox));
        }
    } else if (to != nullptr) {
        SLIPWAY_CO_TRY(auto mailbox, mailbox_of(*to));
        message.to.push_back(std::move(mailbox));
    }
    if (const auto* reply = find(wanted, "reply_to")) {
        SLIPWAY_CO_TRY(message.reply_to, mailbox_of(*reply));
    }
    message.subject = std::string(text_or(wanted, "subject"));
    message.text = std::string(text_or(wanted, "text"));
    if (const auto html = text_or(wanted, "html"); !html.empty()) message.html = std::string(html);
    SLIPWAY_CO_TRY(auto id, co_await capabilities.mail.send(std::move(message)));
    co_return json::value(json::object{{"id", std::move(id)}});
}

store::CacheKey cache_key(const json::object& wanted) {
    return {std::string(kCacheGroup), std::string(text_or(wanted, "name"))};
}

Task<json::value> cached(const Capabilities& capabilities, CallContext& context, json::object wanted) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
    auto key = cache_key(wanted);
    SLIPWAY_CO_TRY(const auto text, co_await capabilities.cache.get(principal.workspace, std::move(key)));
    if (!text) co_return json::value(nullptr);
    SLIPWAY_CO_TRY(auto value, parse_json(*text));
    co_return std::move(value);
}

Task<json::value> keep(const Capabilities& capabilities, CallContext& context, json::object wanted) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
    const auto* value = find(wanted, "value");
    auto key = cache_key(wanted);
    if (value == nullptr) {
        SLIPWAY_CO_CHECK(co_await capabilities.cache.erase(principal.workspace, std::move(key)));
        co_return json::value(json::object());
    }
    const Milliseconds time(integer_or(wanted, "time_ms", kCacheTime.count()));
    SLIPWAY_CO_CHECK(co_await capabilities.cache.set(principal.workspace, std::move(key), write_json(*value), time));
    co_return json::value(json::object());
}

}  // namespace

void bind_background_operations(ScriptHost& host, const Capabilities& capabilities) {
    host.bind("jobs.start", [&capabilities](CallContext& context, json::value given) {
        return start(capabilities, context, object_of(std::move(given)));
    });
    host.bind("jobs.get", [&capabilities](CallContext& context, json::value given) -> Task<json::value> {
        const auto wanted = object_of(std::move(given));
        SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
        std::string id(text_or(wanted, "id"));
        SLIPWAY_CO_TRY(const auto info, co_await capabilities.jobs.find(principal.workspace, std::move(id)));
        co_return json::value(to_json(info));
    });
    host.bind("jobs.list", [&capabilities](CallContext& context, json::value given) -> Task<json::value> {
        auto wanted = object_of(std::move(given));
        SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
        SLIPWAY_CO_CHECK(principal.require(account::Role::admin));
        SLIPWAY_CO_TRY(const auto page, co_await list_jobs(capabilities, principal.workspace, std::move(wanted)));
        co_return json::value(to_json(page));
    });
    host.bind("mail.send", [&capabilities](CallContext& context, json::value given) {
        return send(capabilities, context, object_of(std::move(given)));
    });
    host.bind("cache.get", [&capabilities](CallContext& context, json::value given) {
        return cached(capabilities, context, object_of(std::move(given)));
    });
    host.bind("cache.set", [&capabilities](CallContext& context, json::value given) {
        return keep(capabilities, context, object_of(std::move(given)));
    });
}

}  // namespace slipway::app
