#include "store/database/dialect.h"

namespace slipway::store {

Result<std::string> in_dialect(std::string_view sql, const Dialect& dialect) {
    std::string text;
    while (!sql.empty()) {
        const auto open = sql.find('{');
        text += sql.substr(0, open);
        if (open == std::string_view::npos) break;
        sql.remove_prefix(open + 1);
        const auto end = sql.find_first_not_of("abcdefghijklmnopqrstuvwxyz");
        if (end == std::string_view::npos || end == 0 || sql[end] != '}') {
            text += '{';
            continue;
        }
        const auto word = sql.substr(0, end);
        if (word != "bytes" && word != "serial" && word != "unlogged")
            return fail(ErrorCode::internal,
                        "A migration names {{{}}}; only {{bytes}}, {{serial}} and {{unlogged}} are known.", word);
        // A table that may be lost in a crash need not wait for the disk.
        if (word == "unlogged")
            text += dialect.shared ? "UNLOGGED" : "";
        else
            text += word == "bytes" ? dialect.bytes : dialect.serial;
        sql.remove_prefix(end + 1);
    }
    return text;
}

}  // namespace slipway::store
