#include "store/queue/sqs_client.h"

#include <algorithm>
#include <charconv>

#include "base/crypto.h"
#include "base/log.h"

namespace slipway::store {
namespace {

constexpr int kReceivesMax = 1'000;  // then SQS takes a ticket for a dead letter
constexpr std::int64_t kRetentionMin = 2LL * 24 * 3600;
constexpr std::size_t kReasonBytesMax = 1'000;

AwsClientOptions for_polling(AwsClientOptions options) {
    options.timeouts.first_byte += kSqsWaitMax;
    options.timeouts.between_bytes += kSqsWaitMax;
    options.timeouts.total += kSqsWaitMax;
    options.total_time_max += kSqsWaitMax;
    return options;
}

std::int64_t seconds_of(Milliseconds time) { return std::chrono::ceil<std::chrono::seconds>(time).count(); }

std::int64_t number_of(std::string_view text) {
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::unexpected<Error> as_unavailable(Error error) {
    error.code = ErrorCode::unavailable;
    return std::unexpected(std::move(error));
}

Result<std::size_t> count_refused(const json::object& answer) {
    std::size_t refused = 0;
    const auto* const failed = array_in(answer, "Failed");
    if (failed == nullptr) return refused;
    for (const auto& each : *failed) {
        const auto* const object = each.if_object();
        const auto code = object == nullptr ? std::string_view() : std::string_view(text_or(*object, "Code"));
        if (object == nullptr || !bool_or(*object, "SenderFault", false))
            return fail(ErrorCode::unavailable, "SQS did not do all: {}.", code.empty() ? "it says not why" : code);
        ++refused;
    }
    return refused;
}

}  // namespace

SqsClient::SqsClient(SqsPlace place, std::shared_ptr<CredentialsProvider> credentials, AwsClientOptions options,
                     net::Client& client)
    : place_(std::move(place)),
      endpoint_(aws_endpoint("sqs", place_.region, place_.endpoint)),
      aws_(client, credentials, options),
      polling_(client, credentials, for_polling(options)) {}

Task<json::object> SqsClient::call_now(std::string operation, json::object input) {
    AwsClient::JsonCall call{.version = "1.0", .target = "AmazonSQS." + operation, .input = std::move(input)};
    auto& aws = operation == "ReceiveMessage" ? polling_ : aws_;
    co_return co_await aws.call(endpoint_, std::move(call));
}

Task<json::object> SqsClient::call(std::string queue, bool dead, std::string operation, json::object input) {
    for (bool again = false;; again = true) {
        SLIPWAY_CO_TRY(const auto url, co_await url_of(queue, dead));
        input["QueueUrl"] = url;
        auto answer = co_await call_now(operation, input);
        if (answer) co_return answer;
        if (again || answer.error().code != ErrorCode::not_found) co_return as_unavailable(std::move(answer).error());
        const std::lock_guard lock(mutex_);
        std::erase_if(urls_, [&](const auto& known) { return known.second == url; });
    }
}

Task<std::string> SqsClient::find_url(std::string name) {
    json::object input{{"QueueName", json::string_view(name)}};
    if (!place_.account.empty()) input["QueueOwnerAWSAccountId"] = place_.account;
    SLIPWAY_CO_TRY(const auto answer, co_await call_now("GetQueueUrl", std::move(input)));
    std::string url(text_or(answer, "QueueUrl"));
    if (url.empty()) co_return fail(ErrorCode::upstream, "SQS answered no URL for the queue {}.", name);
    co_return url;
}

Task<std::string> SqsClient::url_of(std::string queue, bool dead) {
    SLIPWAY_CO_TRY(const auto name, sqs_queue_name(place_, queue, dead));
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = urls_.find(name); known != urls_.end()) co_return known->second;
    }
    auto url = co_await find_url(name);
    if (!url && url.error().code == ErrorCode::not_found && place_.account.empty())
        url = co_await make(std::move(queue), dead);
    if (!url) co_return as_unavailable(std::move(url).error());
    const std::lock_guard lock(mutex_);
    urls_[name] = *url;
    co_return *std::move(url);
}

// Of two that make the same queue at the same time both get it, as their attributes are the same.
Task<std::string> SqsClient::make(std::string queue, bool dead) {
    SLIPWAY_CO_TRY(const auto name, sqs_queue_name(place_, queue, dead));
    json::object attributes{{"MessageRetentionPeriod", "1209600"}, {"SqsManagedSseEnabled", "true"}};
    if (place_.fifo) attributes["FifoQueue"] = "true";
    if (!dead) {
        json::object question{{"AttributeNames", json::array{"QueueArn"}}};
        SLIPWAY_CO_TRY(const auto answer, co_await call(queue, true, "GetQueueAttributes", std::move(question)));
        const auto* const told = object_in(answer, "Attributes");
        json::object policy{{"deadLetterTargetArn", told == nullptr ? "" : text_or(*told, "QueueArn")},
                            {"maxReceiveCount", kReceivesMax}};
        attributes["RedrivePolicy"] = write_json(policy);
        attributes["ReceiveMessageWaitTimeSeconds"] = fmt::format("{}", seconds_of(kSqsWaitMax));
    }
    json::object input{{"QueueName", json::string_view(name)}, {"Attributes", std::move(attributes)}};
    SLIPWAY_CO_TRY(const auto made, co_await call_now("CreateQueue", std::move(input)));
    log::info("queue made in SQS", {{"queue", json::string_view(name)}});
    co_return std::string(text_or(made, "QueueUrl"));
}

Task<std::size_t> SqsClient::batch(std::string queue, std::string operation, json::array entries) {
    std::size_t refused = 0;
    for (std::size_t begin = 0; begin < entries.size(); begin += kSqsBatch) {
        json::array some;
        for (std::size_t i = begin; i < std::min(entries.size(), begin + kSqsBatch); ++i) some.push_back(entries[i]);
        json::object input{{"Entries", std::move(some)}};
        SLIPWAY_CO_TRY(const auto answer, co_await call(queue, false, operation, std::move(input)));
        SLIPWAY_CO_TRY(const auto count, count_refused(answer));
        refused += count;
    }
    co_return refused;
}

json::object SqsClient::entry_of(const SqsTicket& ticket, std::size_t number) const {
    json::object entry{{"Id", fmt::format("{}", number)}, {"MessageBody", ticket_text(ticket.id)}};
    if (place_.fifo) {  // each a group of its own, so that none waits for another
        const auto once = random_token(16);
        entry["MessageGroupId"] = once;
        entry["MessageDeduplicationId"] = once;
    } else if (ticket.delay > Milliseconds(0)) {
        entry["DelaySeconds"] = seconds_of(std::min(ticket.delay, kSqsDelayMax));
    }
    return entry;
}

Task<void> SqsClient::send(std::string queue, std::vector<SqsTicket> tickets) {
    json::array entries;
    for (std::size_t i = 0; i < tickets.size(); ++i) entries.push_back(entry_of(tickets[i], i));
    SLIPWAY_CO_TRY(const auto refused, co_await batch(std::move(queue), "SendMessageBatch", std::move(entries)));
    if (refused > 0) co_return fail(ErrorCode::unavailable, "SQS refused {} tickets for what they say.", refused);
    co_return Result<void>();
}

Task<std::vector<SqsMessage>> SqsClient::receive(std::string queue, std::size_t count_max, Milliseconds wait,
                                                 Milliseconds visibility) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(std::min(wait, kSqsWaitMax)).count();
    json::object input{{"MaxNumberOfMessages", std::clamp<std::size_t>(count_max, 1, kSqsBatch)},
                       {"WaitTimeSeconds", std::max<std::int64_t>(whole, 0)},
                       {"VisibilityTimeout", seconds_of(std::min(visibility, kSqsVisibilityMax))},
                       {"AttributeNames", json::array{"SentTimestamp", "ApproximateReceiveCount"}}};
    SLIPWAY_CO_TRY(const auto answer, co_await call(std::move(queue), false, "ReceiveMessage", std::move(input)));
    co_return read_received(answer);
}

Task<std::size_t> SqsClient::change_visibility(std::string queue, std::vector<SqsVisibility> changes) {
    json::array entries;
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const auto time = std::clamp(changes[i].time, Milliseconds(0), kSqsVisibilityMax);
        entries.push_back(json::object{{"Id", fmt::format("{}", i)},
                                       {"ReceiptHandle", json::string_view(changes[i].handle)},
                                       {"VisibilityTimeout", seconds_of(time)}});
    }
    return batch(std::move(queue), "ChangeMessageVisibilityBatch", std::move(entries));
}

Task<std::size_t> SqsClient::remove(std::string queue, std::vector<std::string> handles) {
    json::array entries;
    for (std::size_t i = 0; i < handles.size(); ++i)
        entries.push_back(json::object{{"Id", fmt::format("{}", i)}, {"ReceiptHandle", json::string_view(handles[i])}});
    return batch(std::move(queue), "DeleteMessageBatch", std::move(entries));
}

Task<void> SqsClient::park(std::string queue, SqsMessage message, std::string reason) {
    if (reason.size() > kReasonBytesMax) reason.resize(kReasonBytesMax);
    json::object why{{"DataType", "String"}, {"StringValue", json::string_view(reason)}};
    json::object input{{"MessageBody", json::string_view(message.body)},
                       {"MessageAttributes", json::object{{"reason", std::move(why)}}}};
    if (place_.fifo) {
        input["MessageGroupId"] = message.id;
        input["MessageDeduplicationId"] = message.id;
    }
    SLIPWAY_CO_CHECK(co_await call(queue, true, "SendMessage", std::move(input)));
    std::vector<std::string> handles{std::move(message.handle)};
    SLIPWAY_CO_CHECK(co_await remove(std::move(queue), std::move(handles)));
    co_return Result<void>();
}

Task<SqsCounts> SqsClient::counts(std::string queue) {
    json::object input{
        {"AttributeNames", json::array{"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed",
                                       "ApproximateNumberOfMessagesNotVisible"}}};
    SLIPWAY_CO_TRY(const auto answer, co_await call(std::move(queue), false, "GetQueueAttributes", std::move(input)));
    SqsCounts counts;
    const auto* const told = object_in(answer, "Attributes");
    if (told == nullptr) co_return counts;
    counts.visible = number_of(text_or(*told, "ApproximateNumberOfMessages"));
    counts.delayed = number_of(text_or(*told, "ApproximateNumberOfMessagesDelayed"));
    counts.in_flight = number_of(text_or(*told, "ApproximateNumberOfMessagesNotVisible"));
    co_return counts;
}

Task<std::vector<std::string>> SqsClient::warnings(std::string queue) {
    std::vector<std::string> warnings;
    SLIPWAY_CO_TRY(const auto name, sqs_queue_name(place_, queue, false));
    auto url = co_await find_url(name);
    if (!url && url.error().code == ErrorCode::not_found && place_.account.empty()) co_return warnings;
    if (!url) co_return as_unavailable(std::move(url).error());
    json::object input{{"QueueUrl", *url}, {"AttributeNames", json::array{"MessageRetentionPeriod", "RedrivePolicy"}}};
    auto answer = co_await call_now("GetQueueAttributes", std::move(input));
    if (!answer) co_return as_unavailable(std::move(answer).error());
    const auto* const told = object_in(*answer, "Attributes");
    if (told == nullptr) co_return warnings;
    if (const auto retention = number_of(text_or(*told, "MessageRetentionPeriod")); retention < kRetentionMin)
        warnings.push_back(
            fmt::format("{} keeps messages for {} s only: delayed ones may be forgotten; set "
                        "MessageRetentionPeriod to 1209600",
                        name, retention));
    const auto policy = parse_json(text_or(*told, "RedrivePolicy", "{}"));
    if (!policy || !policy->is_object()) co_return warnings;
    const auto& object = policy->get_object();
    // Both a number and a text are seen.
    const auto receives = integer_or(object, "maxReceiveCount", number_of(text_or(object, "maxReceiveCount")));
    if (receives > 0 && receives < 2 * kSqsReceivesMax)
        warnings.push_back(
            fmt::format("{} gives up tickets after {} receives: delayed messages may be forgotten; set "
                        "maxReceiveCount to {}",
                        name, receives, kReceivesMax));
    co_return warnings;
}

}  // namespace slipway::store
