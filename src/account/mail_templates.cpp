#include "account/mail_templates.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <ranges>
#include <stdexcept>

#include "base/text.h"

namespace slipway::account {
namespace {

namespace fs = std::filesystem;

struct BuiltIn {
    std::string_view name, subject, text;
};

constexpr std::array<BuiltIn, 7> kBuiltIn{{
    {"verify", "Confirm your address for {application}",
     "Hello {name},\n\nplease confirm that this is your address:\n\n{link}\n\nThe link holds for {valid_for}. If you "
     "did not ask for it, do nothing.\n"},
    {"reset", "Choose a new password for {application}",
     "Hello {name},\n\nsomebody, probably you, asked for a new password. Choose it here:\n\n{link}\n\nThe link holds "
     "for {valid_for} and once. If it was not you, do nothing: your password stays as it is.\n"},
    {"already_registered", "You have an account with {application}",
     "Hello {name},\n\nsomebody, probably you, wanted to sign up with this address. You have an account already. If "
     "you do not remember its password, choose a new one here:\n\n{link}\n\nIf it was not you, do nothing.\n"},
    {"change_email", "Confirm your new address for {application}",
     "Hello {name},\n\nplease confirm that this is to be your address from now on:\n\n{link}\n\nThe link holds for "
     "{valid_for}. If you did not ask for it, do nothing.\n"},
    {"email_changing", "Your address for {application} is about to change",
     "Hello {name},\n\nsomebody who gave your password asked to change the address of your account to {email}. If it "
     "was not you, choose a new password at once: {base}\n"},
    {"changed", "Your account with {application} was changed",
     "Hello {name},\n\n{what} of your account was changed at {when} from {address}. If it was not you, choose a new "
     "password at once: {base}\n"},
    {"invitation", "You are invited to {workspace}",
     "Hello,\n\n{invited_by} invites you to {workspace} at {application}, as {role}:\n\n{link}\n\nThe link holds for "
     "{valid_for}, for this address, and once.\n"},
}};

constexpr std::array<std::string_view, 13> kPlaceholders{"application", "name",       "email",   "link", "token",
                                                         "base",        "valid_for",  "address", "when", "what",
                                                         "workspace",   "invited_by", "role"};

bool is_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

// Calls `other` with what stands between placeholders, `placeholder` with their names. A brace that begins no name in
// braces is text: HTML has styles.
void walk(std::string_view text, const std::function<void(std::string_view)>& other,
          const std::function<void(std::string_view)>& placeholder) {
    while (!text.empty()) {
        const auto open = text.find('{');
        const auto close = open == std::string_view::npos ? open : text.find('}', open);
        if (close == std::string_view::npos) return other(text);
        const auto name = text.substr(open + 1, close - open - 1);
        if (is_name(name)) {
            other(text.substr(0, open));
            placeholder(name);
            text.remove_prefix(close + 1);
        } else {
            other(text.substr(0, open + 1));
            text.remove_prefix(open + 1);
        }
    }
}

std::string one_line(std::string_view text) {
    std::string line(text);
    std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    return line;
}

std::string escaped(std::string_view text) {
    std::string html;
    for (const char c : text) {
        if (c == '&')
            html += "&amp;";
        else if (c == '<')
            html += "&lt;";
        else if (c == '>')
            html += "&gt;";
        else if (c == '"')
            html += "&quot;";
        else if (c == '\'')
            html += "&#39;";
        else
            html += c;
    }
    return html;
}

std::string filled(std::string_view text, const json::object& values, bool html) {
    std::string whole;
    const auto put = [&](std::string_view name) {
        const auto value = one_line(text_or(values, name));
        whole += html ? escaped(value) : value;
    };
    walk(text, [&](std::string_view other) { whole += other; }, put);
    return whole;
}

// Paragraphs of the text; one that is a placeholder alone, as {link}, becomes a link.
std::string html_of(std::string_view text) {
    std::string html = "<!doctype html>\n<html><body style=\"font-family: sans-serif; line-height: 1.5\">\n";
    std::size_t begin = 0;
    while (begin < text.size()) {
        const auto end = std::min(text.find("\n\n", begin), text.size());
        const auto paragraph = trim(text.substr(begin, end - begin));
        if (paragraph == "{link}")
            html += "<p><a href=\"{link}\">{link}</a></p>\n";
        else if (!paragraph.empty())
            html += fmt::format("<p>{}</p>\n", escaped(paragraph));
        begin = end + 2;
    }
    return html + "</body></html>\n";
}

Result<std::string> read(const fs::path& path) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    if (error || size > kMailTemplateBytesMax)
        return fail(ErrorCode::invalid, "{}: a template has at most {} bytes.", path.string(), kMailTemplateBytesMax);
    std::ifstream file(path, std::ios::binary);
    std::string text(size, '\0');
    if (!file.read(text.data(), static_cast<std::streamsize>(size)))
        return fail(ErrorCode::invalid, "{}: cannot be read.", path.string());
    if (!is_valid_utf8(text)) return fail(ErrorCode::invalid, "{}: is not UTF-8 text.", path.string());
    std::string problem;
    std::size_t line = 1;
    const auto count = [&](std::string_view other) {
        line += static_cast<std::size_t>(std::ranges::count(other, '\n'));
    };
    const auto check = [&](std::string_view name) {
        if (!problem.empty() || std::ranges::find(kPlaceholders, name) != kPlaceholders.end()) return;
        const auto near = nearest(name, kPlaceholders);
        problem = fmt::format("{}:{}: there is no {{{}}}.{}", path.string(), line, name,
                              near.empty() ? "" : fmt::format(" Did you mean {{{}}}?", near));
    };
    walk(text, count, check);
    if (!problem.empty()) return fail(ErrorCode::invalid, "{}", problem);
    return text;
}

}  // namespace

MailTemplates::MailTemplates() {
    for (const auto& [name, subject, text] : kBuiltIn)
        templates_[std::string(name)] = {std::string(subject), std::string(text), std::nullopt};
}

Result<MailTemplates> MailTemplates::load(const fs::path& folder) {
    MailTemplates all;
    std::error_code error;
    if (!fs::is_directory(folder, error)) return all;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        const auto& path = entry->path();
        const auto name = path.stem().string(), kind = path.extension().string();
        const auto known = all.templates_.find(name);
        if (known == all.templates_.end() || (kind != ".txt" && kind != ".html"))
            return fail(ErrorCode::invalid, "{}: is no mail. There are NAME.txt and NAME.html of {}.", path.string(),
                        fmt::join(std::views::keys(all.templates_), ", "));
        SLIPWAY_TRY(auto text, read(path));
        if (kind == ".html") {
            known->second.html = std::move(text);
            continue;
        }
        const auto first = std::min(text.find('\n'), text.size());
        known->second.subject = std::string(trim(std::string_view(text).substr(0, first)));
        known->second.text = std::string(trim(std::string_view(text).substr(first))) + "\n";
        if (known->second.subject.empty() || known->second.text.size() < 2)
            return fail(ErrorCode::invalid, "{}:1: the first line is the subject, what follows is the text.",
                        path.string());
    }
    return all;
}

WordedMail MailTemplates::word(std::string_view name, const json::object& values) const {
    const auto found = templates_.find(name);
    if (found == templates_.end()) throw std::logic_error(fmt::format("no mail is called {}", name));
    const auto& [subject, text, html] = found->second;
    return {filled(subject, values, false), filled(text, values, false),
            filled(html ? *html : html_of(text), values, true)};
}

}  // namespace slipway::account
