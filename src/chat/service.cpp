// Chats as rows: creating, reading, renaming, deleting. What answers a message is in answer.cpp.
#include "chat/service.h"

#include "base/crypto.h"
#include "base/text.h"
#include "chat/tables.h"

namespace slipway::chat {
namespace {

constexpr std::size_t kPageMax = 500;
constexpr std::size_t kTitleBytesMax = 1000;

std::unexpected<Error> no_chat(std::string_view id) { return fail(ErrorCode::not_found, "There is no chat {}.", id); }

}  // namespace

Chats::Chats(store::Database& database, const agent::Graph& graph, ChatOptions options)
    : database_(database), graph_(graph), options_(options) {}

void Chats::tell_change(const Owner& owner, ChatChange::Kind kind, const Chat& chat) const {
    if (changed_) changed_(owner, {.kind = kind, .chat_id = chat.id, .chat = &chat});
}

Task<Chat> Chats::create(Owner owner, std::string title) {
    Chat chat;
    chat.id = new_id();
    chat.user_id = owner.user_id;
    chat.title = std::string(cut_utf8(collapse_spaces(title), kTitleBytesMax));
    chat.created_at = chat.updated_at = now();
    auto body = [&chat](store::Transaction& transaction) -> Task<void> { return insert_chat(transaction, chat); };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(owner.workspace, named_body));
    tell_change(owner, ChatChange::Kind::created, chat);
    co_return chat;
}

Task<Chat> Chats::get(Owner owner, std::string id) {
    const auto sql = fmt::format(
        "select {} from chats c where c.workspace = $workspace and c.user_id = $1 and c.id = $2", kChatColumns);
    store::Parameters parameters{owner.user_id, id};
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(owner.workspace, sql, std::move(parameters)));
    if (rows.empty()) co_return no_chat(id);
    co_return chat_of(rows.front());
}

Task<Chat> Chats::get_by_number(Owner owner, std::int64_t number) {
    const auto sql = fmt::format(
        "select {} from chats c where c.workspace = $workspace and c.user_id = $1 and c.number = $2", kChatColumns);
    store::Parameters parameters{owner.user_id, number};
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(owner.workspace, sql, std::move(parameters)));
    if (rows.empty()) co_return no_chat(std::to_string(number));
    co_return chat_of(rows.front());
}

Task<ChatPage> Chats::list(Owner owner, std::size_t offset, std::size_t limit) {
    store::Parameters by_user{owner.user_id};
    SLIPWAY_CO_TRY(
        const auto counted,
        co_await database_.read(owner.workspace,
                                "select count(*) as total from chats where workspace = $workspace and user_id = $1",
                                std::move(by_user)));
    const auto sql = fmt::format(
        "select {} from chats c where c.workspace = $workspace and c.user_id = $1 order by c.updated_at desc, c.number "
        "desc limit $2 offset $3",
        kChatColumns);
    store::Parameters parameters{owner.user_id, std::min(limit, kPageMax), offset};
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(owner.workspace, sql, std::move(parameters)));
    ChatPage page;
    page.total = counted.front().integer("total");
    for (const auto row : rows) page.chats.push_back(chat_of(row));
    co_return page;
}

Task<Chat> Chats::rename(Owner owner, std::string id, std::string title) {
    auto wanted = std::string(cut_utf8(collapse_spaces(title), kTitleBytesMax));
    if (wanted.empty()) co_return fail(ErrorCode::invalid, "A title needs at least one character.");
    store::Parameters parameters{owner.user_id, id, std::move(wanted)};
    SLIPWAY_CO_TRY(
        const auto changed,
        co_await database_.write(
            owner.workspace, "update chats set title = $3 where workspace = $workspace and user_id = $1 and id = $2",
            std::move(parameters)));
    if (changed.changed() == 0) co_return no_chat(id);
    SLIPWAY_CO_TRY(auto chat, co_await get(owner, std::move(id)));
    tell_change(owner, ChatChange::Kind::renamed, chat);
    co_return chat;
}

Task<void> Chats::remove(Owner owner, std::string id) {
    SLIPWAY_CO_TRY(const bool stopped, co_await stop(owner, id));
    static_cast<void>(stopped);
    store::Parameters by_id{owner.user_id, id};
    // Its messages go with it (on delete cascade).
    SLIPWAY_CO_TRY(const auto removed,
                   co_await database_.write(
                       owner.workspace, "delete from chats where workspace = $workspace and user_id = $1 and id = $2",
                       std::move(by_id)));
    if (removed.changed() == 0) co_return no_chat(id);
    if (changed_) changed_(owner, {.kind = ChatChange::Kind::removed, .chat_id = id});
    co_return Result<void>();
}

Task<std::vector<Message>> Chats::messages(Owner owner, std::string id, std::int64_t before, std::size_t limit) {
    SLIPWAY_CO_CHECK(co_await get(owner, id));
    const auto sql = fmt::format(
        "select {} from messages m where m.workspace = $workspace and m.chat_id = $1 and ($2 = 0 or m.number < $2) "
        "order by m.number desc limit $3",
        kMessageColumns);
    store::Parameters parameters{id, before, std::min(limit, kPageMax)};
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(owner.workspace, sql, std::move(parameters)));
    std::vector<Message> messages;
    for (std::size_t i = rows.size(); i-- > 0;) messages.push_back(message_of(rows[i]));
    co_return messages;
}

Task<json::object> Chats::to_export(Owner owner, std::string id) {
    SLIPWAY_CO_TRY(const auto chat, co_await get(owner, id));
    json::array exported;
    std::int64_t before = 0;
    while (true) {
        SLIPWAY_CO_TRY(const auto page, co_await messages(owner, id, before, kPageMax));
        json::array part;
        for (const auto& message : page) part.push_back(to_json(message));
        exported.insert(exported.begin(), part.begin(), part.end());
        if (page.size() < kPageMax) break;
        before = page.front().number;
    }
    auto object = to_json(chat);
    object["exported_at"] = to_iso8601(now());
    object["messages"] = std::move(exported);
    co_return object;
}

}  // namespace slipway::chat
