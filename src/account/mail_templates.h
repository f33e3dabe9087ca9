// The mails that accounts send, as an application words them: mails/NAME.txt in its folder, and mails/NAME.html beside
// it. What it does not word is worded here.
//
// The first line of NAME.txt is the subject; then, after an empty line, the text. Placeholders are names in braces:
//
//     {application} {name} {email} {link} {token} {base} {valid_for} {address} {when} {what} {workspace} {invited_by}
//     {role}
//
// Their values are escaped in NAME.html and keep to one line everywhere, so that nobody who chooses a name words a
// mail. Where there is no NAME.html it is made of the text. {link} is the address that the application's own page
// opens; a front end of another shape writes {base}/its/path?code={token}.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace slipway::account {

inline constexpr std::size_t kMailTemplateBytesMax = 64 << 10;

struct WordedMail {
    std::string subject, text, html;
};

class MailTemplates {
 public:
    // The built-in ones alone.
    MailTemplates();
    // And those of a folder, which need not exist. `invalid` names the file and the line.
    static Result<MailTemplates> load(const std::filesystem::path& folder);

    // `values`: texts by placeholder; one that is left out is empty. A name that is none of ours is a bug:
    // std::logic_error.
    WordedMail word(std::string_view name, const json::object& values) const;

 private:
    struct Template {
        std::string subject, text;
        std::optional<std::string> html;
    };
    std::map<std::string, Template, std::less<>> templates_;
};

}  // namespace slipway::account
