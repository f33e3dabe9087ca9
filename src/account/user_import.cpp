#include "account/user_import.h"

#include "account/password_hash.h"
#include "account/registration.h"
#include "base/crypto.h"
#include "base/email.h"
#include "base/text.h"

namespace slipway::account {
namespace {

constexpr std::size_t kProfileBytesMax = 16 << 10;
constexpr std::size_t kDisplayNameBytesMax = 200;

std::string text_of(const json::object& object, std::string_view key) {
    return std::string(trim(text_or(object, key)));
}

Result<void> check(const ImportedUser& user) {
    if (!is_email(user.email)) return fail(ErrorCode::invalid, "\"email\" is missing, or not an email address.");
    if (auto fault = username_fault(user.username); fault && user.username != user.email)
        return fail(ErrorCode::invalid, "{}", *fault);
    if (user.display_name.size() > kDisplayNameBytesMax)
        return fail(ErrorCode::invalid, "\"display_name\" has more than {} bytes.", kDisplayNameBytesMax);
    if (!user.password_hash.empty()) {
        const auto hash = parse_password_hash(user.password_hash);
        if (!hash) return fail(ErrorCode::invalid, "\"password_hash\": {}", hash.error().message);
    }
    return {};
}

enum class Entry : unsigned char { made, present };

Task<Entry> import_one(store::Database& database, const Audit& audit, const WorkspaceId& workspace,
                       const ImportedUser& user) {
    const auto id = new_id();
    const auto current = now();
    auto entry = Entry::made;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        store::Parameters by_email{user.email};
        SLIPWAY_CO_TRY(const auto known,
                       co_await transaction.execute("select id from users where email = $1", std::move(by_email)));
        entry = known.empty() ? Entry::made : Entry::present;
        if (entry == Entry::present) co_return Result<void>();
        SLIPWAY_CO_TRY(const auto number, co_await store::next_system_number(transaction, "user"));
        std::optional<Instant> verified;
        if (user.email_verified) verified = current;
        store::Parameters row{id,
                              number,
                              user.email,
                              user.username,
                              lower_ascii(user.username),
                              user.password_hash,
                              user.active,
                              current,
                              user.display_name,
                              write_json(user.profile),
                              verified};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "insert into users(id, number, email, username, username_folded, password_hash, active, created_at, "
            "updated_at, display_name, profile, email_verified_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, "
            "$10, "
            "$11)",
            std::move(row)));
        store::Parameters membership{workspace.value, id, to_string(user.role), current};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "insert into memberships(workspace, user_id, role, created_at) values ($1, $2, $3, $4)",
            std::move(membership)));
        SecurityEvent event{.event = "user_created", .workspace = workspace.value, .user_id = id};
        event.details = {{"imported", true}, {"role", to_string(user.role)}};
        co_return co_await audit.record(transaction, std::move(event));
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database.transact(store::Scope::system(), named_body));
    co_return entry;
}

}  // namespace

Result<ImportedUser> imported_user_of(std::string_view line) {
    if (line.size() > kImportLineBytesMax)
        return fail(ErrorCode::invalid, "The line has more than {} bytes.", kImportLineBytesMax);
    SLIPWAY_TRY(const auto value, parse_json(line));
    const auto* const object = value.if_object();
    if (object == nullptr) return fail(ErrorCode::invalid, "The line is not a JSON object.");
    ImportedUser user;
    user.email = lower_ascii(text_of(*object, "email"));
    user.username = text_of(*object, "username");
    if (user.username.empty()) user.username = user.email;
    user.display_name = text_of(*object, "display_name");
    user.password_hash = text_of(*object, "password_hash");
    user.active = bool_or(*object, "active", true);
    user.email_verified = bool_or(*object, "email_verified", false);
    const auto role = role_from(text_or(*object, "role", "member"));
    if (!role) return fail(ErrorCode::invalid, "\"role\" must be viewer, member, admin or owner.");
    user.role = *role;
    if (const auto* const profile = object_in(*object, "profile")) user.profile = *profile;
    if (write_json(user.profile).size() > kProfileBytesMax)
        return fail(ErrorCode::invalid, "\"profile\" has more than {} bytes.", kProfileBytesMax);
    SLIPWAY_CHECK(check(user));
    return user;
}

Task<ImportOutcome> import_users(store::Database& database, const Audit& audit, WorkspaceId workspace,
                                 std::vector<std::string> lines, std::size_t first_line) {
    if (lines.size() > kImportLinesMax)
        co_return fail(ErrorCode::invalid, "At most {} lines are imported at once.", kImportLinesMax);
    ImportOutcome outcome;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (trim(lines[i]).empty()) continue;
        const auto user = imported_user_of(lines[i]);
        if (!user) {
            outcome.faults.push_back({first_line + i, user.error().message});
            continue;
        }
        auto entry = co_await import_one(database, audit, workspace, *user);
        if (!entry && entry.error().code == ErrorCode::conflict)
            outcome.faults.push_back({first_line + i, "Somebody else has this username."});
        else if (!entry)
            co_return pass(entry);
        else
            ++(*entry == Entry::made ? outcome.imported : outcome.present);
    }
    co_return outcome;
}

}  // namespace slipway::account
