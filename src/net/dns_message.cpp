#include "net/dns_message.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace slipway::net {
namespace {

constexpr std::uint16_t kTxt = 16, kCname = 5, kInternet = 1;
constexpr std::size_t kNameBytesMax = 255, kLabelBytesMax = 63;
constexpr int kJumpsMax = 16;  // pointers in one name
constexpr int kAliasesMax = 8;

std::unexpected<Error> malformed() {
    return fail(ErrorCode::upstream, "The DNS resolver sent something that is no answer to what it was asked.");
}

void put16(std::string& message, unsigned value) {
    message += static_cast<char>(value >> 8 & 0xFF);
    message += static_cast<char>(value & 0xFF);
}

class Reader {
 public:
    explicit Reader(std::string_view message) : message_(message) {}

    std::optional<unsigned> number16() {
        if (message_.size() - at_ < 2) return std::nullopt;
        const auto value = byte(at_) << 8 | byte(at_ + 1);
        at_ += 2;
        return value;
    }
    bool skip(std::size_t count) {
        if (message_.size() - at_ < count) return false;
        at_ += count;
        return true;
    }
    std::optional<std::string_view> bytes(std::size_t count) {
        if (message_.size() - at_ < count) return std::nullopt;
        const auto part = message_.substr(at_, count);
        at_ += count;
        return part;
    }
    // In lower case, without a dot at the end.
    std::optional<std::string> name() {
        std::string name;
        auto at = at_;
        bool jumped = false;
        for (int jumps = 0;;) {
            if (at >= message_.size()) return std::nullopt;
            const auto length = byte(at);
            if (length >= 0xC0) {
                if (at + 1 >= message_.size() || ++jumps > kJumpsMax) return std::nullopt;
                const auto target = (length & 0x3F) << 8 | byte(at + 1);
                if (!jumped) at_ = at + 2;
                jumped = true;
                at = target;
                continue;
            }
            if (length > kLabelBytesMax || message_.size() - at - 1 < length) return std::nullopt;
            if (length == 0) break;
            if (!name.empty()) name += '.';
            name += message_.substr(at + 1, length);
            if (name.size() > kNameBytesMax) return std::nullopt;
            at += 1 + length;
        }
        if (!jumped) at_ = at + 1;
        return lower_ascii(name);
    }
    std::size_t at() const { return at_; }
    void move(std::size_t at) { at_ = at; }

 private:
    unsigned byte(std::size_t at) const { return static_cast<unsigned char>(message_[at]); }

    std::string_view message_;
    std::size_t at_ = 0;
};

struct Record {
    std::string name, text;  // text: the strings of a TXT record one after the other, or where a CNAME leads
    unsigned type = 0;
};

std::optional<Record> read_record(Reader& reader) {
    auto name = reader.name();
    const auto type = reader.number16(), kind = reader.number16();
    if (!name || !type || !kind || !reader.skip(4)) return std::nullopt;
    const auto length = reader.number16();
    if (!length) return std::nullopt;
    const auto begin = reader.at();
    const auto data = reader.bytes(*length);
    if (!data) return std::nullopt;
    const auto end = reader.at();
    Record record{std::move(*name), {}, *kind == kInternet ? *type : 0};
    if (record.type == kCname) {
        reader.move(begin);
        auto target = reader.name();
        if (!target) return std::nullopt;
        record.text = std::move(*target);
        reader.move(end);
    } else if (record.type == kTxt) {
        for (std::size_t at = 0; at < data->size();) {
            const auto size = static_cast<std::size_t>(static_cast<unsigned char>((*data)[at]));
            if (data->size() - at - 1 < size) return std::nullopt;
            record.text += data->substr(at + 1, size);
            at += 1 + size;
        }
    }
    return record;
}

std::vector<std::string> texts_of(const std::vector<Record>& records, std::string name) {
    for (int alias = 0; alias < kAliasesMax; ++alias) {
        const auto leads = std::ranges::find_if(
            records, [&](const Record& record) { return record.type == kCname && record.name == name; });
        if (leads == records.end()) break;
        name = leads->text;
    }
    std::vector<std::string> texts;
    for (const auto& record : records)
        if (record.type == kTxt && record.name == name) texts.push_back(record.text);
    return texts;
}

}  // namespace

Result<std::string> txt_question(std::uint16_t id, std::string_view name) {
    std::string message;
    put16(message, id);
    put16(message, 0x0100);  // recursion desired
    put16(message, 1);
    for (int section = 0; section < 3; ++section) put16(message, 0);
    if (name.empty() || name.size() > kNameBytesMax - 2) return fail(ErrorCode::invalid, "This is no name for DNS.");
    for (const auto label : split(name, '.')) {
        if (label.empty() || label.size() > kLabelBytesMax) return fail(ErrorCode::invalid, "This is no name for DNS.");
        message += static_cast<char>(label.size());
        message += label;
    }
    message += '\0';
    put16(message, kTxt);
    put16(message, kInternet);
    return message;
}

Result<TxtAnswer> read_txt_answer(std::string_view message, std::uint16_t id, std::string_view name) {
    Reader reader(message);
    const auto given_id = reader.number16(), flags = reader.number16(), questions = reader.number16(),
               answers = reader.number16();
    if (!given_id || !flags || !questions || !answers || !reader.skip(4)) return malformed();
    constexpr unsigned kResponse = 0x8000, kOpcode = 0x7800, kTruncated = 0x0200;
    if (*given_id != id || (*flags & kResponse) == 0 || (*flags & kOpcode) != 0 || *questions != 1) return malformed();
    const auto asked = reader.name();
    const auto type = reader.number16(), kind = reader.number16();
    if (!asked || *asked != lower_ascii(name) || type != kTxt || kind != kInternet) return malformed();
    TxtAnswer answer;
    answer.code = static_cast<int>(*flags & 0xF);
    answer.truncated = (*flags & kTruncated) != 0;
    if (answer.truncated) return answer;
    std::vector<Record> records;
    for (std::size_t i = 0; i < std::min<std::size_t>(*answers, kDnsRecordsMax); ++i) {
        auto record = read_record(reader);
        if (!record) return malformed();
        records.push_back(std::move(*record));
    }
    answer.texts = texts_of(records, lower_ascii(name));
    return answer;
}

}  // namespace slipway::net
