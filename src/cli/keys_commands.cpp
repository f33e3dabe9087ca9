// slipway keys
#include "cli/commands.h"
#include "cli/terminal.h"

namespace slipway::cli {

int keys_list(const Target& target, bool json_wanted) {
    auto link = connect(target);
    if (!link) return report(link.error());
    const auto listed = (*link)->run("keys.list", {});
    if (!listed) return report(listed.error());
    if (json_wanted) {
        fmt::print("{}\n", write_json(*listed));
        return kDone;
    }
    std::vector<std::vector<std::string>> rows{{"ID", "ALGORITHM", "CREATED", "REPLACED", "SIGNS"}};
    if (const auto* keys = array_in(*listed, "keys"))
        for (const auto& key : *keys)
            if (const auto* object = key.if_object())
                rows.push_back({std::string(text_or(*object, "id")), std::string(text_or(*object, "algorithm")),
                                std::string(text_or(*object, "created_at", "-")),
                                std::string(text_or(*object, "replaced_at", "-")),
                                bool_or(*object, "signs", false) ? "yes" : "no"});
    fmt::print("{}", table(rows));
    return kDone;
}

int keys_rotate(const Target& target) {
    auto link = connect(target);
    if (!link) return report(link.error());
    const auto made = (*link)->run("keys.rotate", {});
    if (!made) return report(made.error());
    fmt::print("Key {} signs from now on. The one before verifies until its last token has ended.\n",
               text_or(*made, "id"));
    return kDone;
}

int keys_retire(const Target& target, const std::string& id) {
    auto link = connect(target);
    if (!link) return report(link.error());
    const auto retired = (*link)->run("keys.retire", {{"id", id}});
    if (!retired) return report(retired.error());
    fmt::print("Access tokens that key {} signed are refused from now on; sessions go on by their refresh tokens.\n",
               printable(id));
    return kDone;
}

}  // namespace slipway::cli
