// Bytes of a Redis server, in pieces whose size the first line says: the same replies come however they are cut, and
// within the limits.
#include "store/redis/reply.h"
#include "target.h"

SLIPWAY_FUZZ_TARGET(resp) {
    using namespace slipway;
    using store::redis::Reply;
    constexpr store::redis::ReplyLimits kLimits{
        .bytes_max = 4096, .items_max = 256, .depth_max = 4, .line_bytes_max = 512};
    const auto [size, bytes] = fuzz::split_line(input);
    struct Seen {
        std::size_t replies = 0, items = 0, text = 0;
        bool refused = false;
        bool operator==(const Seen&) const = default;
    };
    const auto add = [](auto& self, const Reply& reply, Seen& seen, std::size_t depth) -> void {
        fuzz::require(depth <= kLimits.depth_max, "no deeper than the limit");
        ++seen.items;
        seen.text += reply.text.size();
        for (const auto& item : reply.items) self(self, item, seen, depth + 1);
    };
    const auto read = [&](std::size_t piece) {
        store::redis::ReplyParser parser(kLimits);
        Seen seen;
        for (std::size_t at = 0; at < bytes.size() && !seen.refused; at += piece) {
            parser.feed(bytes.substr(at, piece));
            while (true) {
                const auto reply = parser.next();
                seen.refused = !reply;
                if (!reply || !*reply) break;
                ++seen.replies;
                add(add, **reply, seen, 0);
            }
        }
        return seen;
    };
    const auto whole = read(std::max<std::size_t>(bytes.size(), 1));
    const auto cut = read(1 + size.size() % 17);
    fuzz::require(whole == cut, "the same replies however they are cut");
}
