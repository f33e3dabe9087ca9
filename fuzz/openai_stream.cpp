// The body of a streamed answer as a model's server sends it. Whatever it is, the text is what its pieces were, within
// the limits; and each chunk read as a whole answer is an answer or an error.
#include "base/text.h"
#include "model/openai_wire.h"
#include "net/client.h"
#include "target.h"

namespace {

using namespace slipway;
using namespace slipway::model;

void check_reply(const ChatReply& reply) {
    fuzz::require(reply.message.tool_calls.size() <= kToolCallsMax, "tool calls are limited");
    fuzz::require(is_valid_utf8(reply.message.content), "what a model says is text");
    fuzz::require(reply.usage.prompt_tokens >= 0 && reply.usage.completion_tokens >= 0, "usage is not negative");
}

}  // namespace

SLIPWAY_FUZZ_TARGET(openai_stream) {
    net::EventParser parser(1 << 16);
    const auto events = parser.feed(input);
    if (!events) return;
    StreamAssembler assembler;
    std::string text;
    for (const auto& event : *events) {
        const auto chunk = parse_json(event.data);
        if (!chunk || !chunk->is_object()) continue;
        const auto added = assembler.add(chunk->get_object());
        if (!added) {
            fuzz::require(!added.error().message.empty(), "errors are for people");
            return;
        }
        text += *added;
        fuzz::require(assembler.text() == text, "the text is its pieces");
        const auto whole = parse_reply(chunk->get_object());
        if (whole) check_reply(*whole);
    }
    const auto reply = assembler.reply();
    fuzz::require(reply.message.content == text, "the reply holds the text");
    check_reply(reply);
    const auto usage = assembler.reported_usage();
    fuzz::require(usage != reply.usage.estimated, "usage was reported, or is estimated");
    ChatRequest next;
    next.messages.push_back(reply.message);
    const auto request = render_request(next, {.model = "m"});
    fuzz::require(request && parse_json(write_json(*request)).has_value(), "it can be sent back");
}
