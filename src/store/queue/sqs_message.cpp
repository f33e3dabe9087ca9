#include "store/queue/sqs_message.h"

#include <algorithm>
#include <charconv>

#include "base/crypto.h"

namespace slipway::store {
namespace {

constexpr std::string_view kMark = "slipway", kTicket = "ticket";
constexpr std::size_t kTicketBytesMax = 512;
constexpr std::int64_t kSentMax = 253'402'300'799'999;  // the year 9999

// Attributes are texts.
std::int64_t number_in(const json::object& attributes, std::string_view name, std::int64_t otherwise) {
    const auto text = text_or(attributes, name);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? number : otherwise;
}

}  // namespace

std::string ticket_text(std::string_view id) {
    json::object ticket;
    ticket[kMark] = json::string_view(kTicket);
    ticket["message"] = json::string_view(id);
    return write_json(ticket);
}

std::optional<std::string> read_ticket(std::string_view text) {
    if (text.size() > kTicketBytesMax) return std::nullopt;
    const auto value = parse_json(text);
    const auto* const ticket = value ? value->if_object() : nullptr;
    if (ticket == nullptr || text_or(*ticket, kMark) != kTicket) return std::nullopt;
    return std::string(text_or(*ticket, "message"));
}

std::vector<SqsMessage> read_received(const json::object& answer) {
    std::vector<SqsMessage> messages;
    const auto* const list = array_in(answer, "Messages");
    if (list == nullptr) return messages;
    for (const auto& each : *list) {
        const auto* const object = each.if_object();
        if (object == nullptr) continue;
        SqsMessage message;
        message.id = text_or(*object, "MessageId");
        message.handle = text_or(*object, "ReceiptHandle");
        message.body = text_or(*object, "Body");
        if (message.id.empty() || message.handle.empty()) continue;
        message.ticket = read_ticket(message.body);
        message.sent = now();
        if (const auto* const attributes = object_in(*object, "Attributes")) {
            const auto sent = number_in(*attributes, "SentTimestamp", to_unix_ms(message.sent));
            message.sent = from_unix_ms(std::clamp<std::int64_t>(sent, 0, kSentMax));
            const auto receives = number_in(*attributes, "ApproximateReceiveCount", 1);
            message.receives = static_cast<int>(std::clamp<std::int64_t>(receives, 1, 1'000'000));
        }
        messages.push_back(std::move(message));
    }
    return messages;
}

std::string SqsReceipt::text() const { return fmt::format("{}.{}.{}", record, to_base64url(group), handle); }

std::optional<SqsReceipt> SqsReceipt::from(std::string_view text) {
    const auto first = text.find('.');
    if (first == std::string_view::npos) return std::nullopt;
    const auto second = text.find('.', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    auto group = from_base64url(text.substr(first + 1, second - first - 1));
    if (!group) return std::nullopt;
    SqsReceipt receipt;
    receipt.record = text.substr(0, first);
    receipt.group = *std::move(group);
    receipt.handle = text.substr(second + 1);
    return receipt;
}

}  // namespace slipway::store
