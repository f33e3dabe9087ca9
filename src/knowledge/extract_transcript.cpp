// What was said when: WebVTT (W3C, "WebVTT: The Web Video Text Tracks Format"), SubRip, and lines that begin with
// [hh:mm:ss].
#include "base/text.h"
#include "knowledge/extract_formats.h"

namespace slipway::knowledge {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// One field of a time, at most five digits.
std::optional<int> number(std::string_view digits) {
    if (digits.empty() || digits.size() > 5 || !std::ranges::all_of(digits, is_digit)) return std::nullopt;
    int value = 0;
    for (const char c : digits) value = value * 10 + (c - '0');
    return value;
}

// "hh:mm:ss", "mm:ss", either with ".mmm" or ",mmm", in whole seconds.
std::optional<int> seconds_of(std::string_view time) {
    time = time.substr(0, time.find_first_of(".,"));
    const auto fields = split(time, ':');
    if (fields.size() < 2 || fields.size() > 3) return std::nullopt;
    int seconds = 0;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto value = number(fields[i]);
        if (!value || (i > 0 && (*value > 59 || fields[i].size() != 2))) return std::nullopt;
        seconds = seconds * 60 + *value;
    }
    return seconds;
}

// The start of "00:01.000 --> 00:04.000 align:start".
std::optional<int> cue_start(std::string_view line) {
    const auto arrow = line.substr(0, 64).find("-->");
    if (arrow == std::string_view::npos) return std::nullopt;
    return seconds_of(trim(line.substr(0, arrow)));
}

// "[00:03:41] And then" gives 221 and leaves " And then". Parentheses instead of brackets are seen as well.
std::optional<int> take_stamp(std::string_view& line) {
    const auto clean = trim(line);
    if (clean.size() < 6 || (clean[0] != '[' && clean[0] != '(')) return std::nullopt;
    const auto end = clean.substr(0, 20).find(clean[0] == '[' ? ']' : ')');
    if (end == std::string_view::npos) return std::nullopt;
    const auto seconds = seconds_of(clean.substr(1, end - 1));
    if (seconds) line = clean.substr(end + 1);
    return seconds;
}

std::string_view take_line(std::string_view& text) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    return line;
}

// <v Name>, <i>, <00:01.000>, {\an8}. A "<" that is not closed near by is text.
std::string without_tags(std::string_view line) {
    constexpr std::size_t kTagBytesMax = 200;
    std::string text;
    for (std::size_t at = 0; at < line.size(); ++at) {
        const char c = line[at];
        const bool tag = c == '<' && at + 1 < line.size() &&
                         (line[at + 1] == '/' || std::isalnum(static_cast<unsigned char>(line[at + 1])) != 0);
        const bool style = c == '{' && at + 1 < line.size() && line[at + 1] == '\\';
        const auto end = tag || style ? line.substr(at, kTagBytesMax).find(tag ? '>' : '}') : std::string_view::npos;
        if (end == std::string_view::npos)
            text += c;
        else
            at += end;
    }
    return decode_entities(text);
}

// Automatic captions roll: each cue repeats the line before it and adds one.
class RollingLines {
 public:
    std::string cue(std::string_view& text) {
        std::string joined;
        std::vector<std::string> lines;
        while (!text.empty()) {
            auto rest = text;
            const auto line = take_line(rest);
            if (line.empty() || cue_start(line)) break;  // a line of one space does not end a cue
            text = rest;
            auto clean = collapse_spaces(without_tags(line));
            if (clean.empty()) continue;
            if (!joined.empty() || std::ranges::find(last_, clean) == last_.end()) {
                if (!joined.empty()) joined += ' ';
                joined += clean;
            }
            lines.push_back(std::move(clean));
        }
        if (!lines.empty()) last_ = std::move(lines);
        return joined;
    }

 private:
    std::vector<std::string> last_;
};

}  // namespace

bool looks_like_vtt(std::string_view text) {
    return text.starts_with("WEBVTT") && (text.size() == 6 || text[6] == ' ' || text[6] == '\t' || text[6] == '\n');
}

bool looks_like_srt(std::string_view text) {
    auto rest = text.substr(std::min(text.find_first_not_of(" \t\n"), text.size()));
    const auto first = trim(take_line(rest));
    return number(first) && cue_start(rest.substr(0, rest.find('\n')));
}

bool looks_like_transcript(std::string_view text) {
    constexpr int kLinesSeen = 200;
    int stamped = 0;
    int paragraphs = 0;
    bool after_gap = true;
    for (int lines = 0; lines < kLinesSeen && !text.empty(); ++lines) {
        auto line = take_line(text);
        if (trim(line).empty()) {
            after_gap = true;
            continue;
        }
        const bool heading = trim(line).starts_with('#');
        const bool stamp = take_stamp(line).has_value();
        stamped += stamp ? 1 : 0;
        paragraphs += !stamp && !heading && after_gap ? 1 : 0;
        after_gap = heading;
    }
    return stamped >= 2 && stamped >= paragraphs;
}

Result<void> read_subtitles(std::string_view text, BlockBuilder& blocks) {
    RollingLines lines;
    bool found = false;
    while (!text.empty() && !blocks.full()) {
        const auto line = trim(take_line(text));
        // Blocks that are not speech end at an empty line.
        if (line.starts_with("NOTE") || line == "STYLE" || line == "REGION") {
            while (!text.empty() && !trim(take_line(text)).empty()) {
            }
            continue;
        }
        const auto start = cue_start(line);
        if (!start) continue;  // the mark, a header, a cue's number or name
        found = true;
        blocks.set_seconds(*start);
        blocks.add(BlockKind::cue, lines.cue(text));
    }
    if (!found) return reject("broken", "{} holds no cue with a time (00:00:01.000 --> 00:00:04.000).", blocks.name());
    return {};
}

Result<void> read_transcript(std::string_view text, BlockBuilder& blocks) {
    std::string speech;
    bool timed = false;
    const auto flush = [&] {
        blocks.add(timed ? BlockKind::cue : BlockKind::paragraph, strip_markdown(speech));
        speech.clear();
    };
    while (!text.empty() && !blocks.full()) {
        auto line = take_line(text);
        const auto level = line.find_first_not_of('#');
        if (level > 0 && level <= 6 && line[level] == ' ') {
            flush();
            blocks.heading(level, strip_markdown(line.substr(level)));
            continue;
        }
        const auto stamp = take_stamp(line);
        if (stamp) {
            flush();
            blocks.set_seconds(*stamp);
            timed = true;
        } else if (trim(line).empty() && !timed) {
            flush();
            continue;
        }
        speech += ' ';
        speech += trim(line);
    }
    flush();
    return {};
}

}  // namespace slipway::knowledge
