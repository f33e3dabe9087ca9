#include "account/devices.h"

#include <array>

#include "base/crypto.h"

namespace slipway::account {
namespace {

constexpr std::array<std::string_view, 4> kFacts{"type", "model", "os_version", "app_version"};

Result<std::string> text_of(const json::object& given, std::string_view key, std::size_t bytes_max) {
    const auto* value = find(given, key);
    if (value == nullptr) return std::string();
    if (!value->is_string() || value->get_string().size() > bytes_max)
        return fail(ErrorCode::invalid, "device.{} must be a text of at most {} bytes.", key, bytes_max);
    return to_text(value->get_string());
}

}  // namespace

Result<NewDevice> device_from(const json::object& given) {
    NewDevice device;
    SLIPWAY_TRY(device.fingerprint, text_of(given, "fingerprint", DeviceLimits::fingerprint_bytes));
    if (device.fingerprint.empty()) return fail(ErrorCode::invalid, "A device needs a fingerprint.");
    SLIPWAY_TRY(device.name, text_of(given, "name", DeviceLimits::name_bytes));
    for (const auto key : kFacts) {
        SLIPWAY_TRY(auto fact, text_of(given, key, DeviceLimits::fact_bytes));
        if (!fact.empty()) device.facts[key] = std::move(fact);
    }
    return device;
}

Task<std::string> note_device(store::Transaction& transaction, std::string user_id, NewDevice device) {
    store::Parameters oldest{user_id, device.fingerprint, DeviceLimits::per_user - 1};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "delete from devices where user_id = $1 and fingerprint <> $2 and id not in (select id from devices where "
        "user_id = $1 and fingerprint <> $2 order by last_seen_at desc, id desc limit $3)",
        std::move(oldest)));
    store::Parameters row{new_id(), user_id, device.fingerprint, device.name, write_json(device.facts), now()};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "insert into devices(id, user_id, fingerprint, name, facts, created_at, last_seen_at) values ($1, $2, $3, $4, "
        "$5, $6, $6) on conflict(user_id, fingerprint) do update set name = excluded.name, facts = excluded.facts, "
        "last_seen_at = excluded.last_seen_at",
        std::move(row)));
    store::Parameters known{std::move(user_id), std::move(device.fingerprint)};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await transaction.execute("select id from devices where user_id = $1 and fingerprint = $2",
                                                std::move(known)));
    co_return rows.front().text("id");
}

Task<std::vector<Device>> devices_of(store::Database& database, std::string user_id) {
    store::Parameters parameters{std::move(user_id), DeviceLimits::per_user};
    SLIPWAY_CO_TRY(const auto rows, co_await database.read(
                                        store::Scope::system(),
                                        "select id, fingerprint, name, facts, trusted_at, created_at, last_seen_at "
                                        "from devices where user_id = $1 order by last_seen_at desc, id desc limit $2",
                                        std::move(parameters)));
    std::vector<Device> devices;
    for (const auto row : rows) {
        Device device{row.text("id"),
                      row.text("fingerprint"),
                      row.text("name"),
                      {},
                      {},
                      row.instant("created_at"),
                      row.instant("last_seen_at")};
        if (auto facts = parse_json(row.text("facts")); facts && facts->is_object())
            device.facts = std::move(facts->as_object());
        if (row.optional_integer("trusted_at")) device.trusted_at = row.instant("trusted_at");
        devices.push_back(std::move(device));
    }
    co_return devices;
}

}  // namespace slipway::account
