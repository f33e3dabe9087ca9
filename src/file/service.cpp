#include "file/service.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/log.h"
#include "base/percent.h"
#include "base/text.h"
#include "file/tables.h"
#include "net/http.h"
#include "store/objects/object_key.h"

namespace slipway::file {
namespace {

constexpr std::string_view kUnknownType = "application/octet-stream";
constexpr std::size_t kIdBytesMax = 64;
constexpr std::string_view kUnderWay = "state <> 'removed' and (expires_at is null or expires_at > $1)";

std::unexpected<Error> no_such(std::string_view id) {
    return fail(ErrorCode::not_found, "There is no file {}.", cut_utf8(id, kIdBytesMax));
}

bool is_allowed(const Purpose& purpose, std::string_view type) {
    return purpose.types.empty() || std::ranges::any_of(purpose.types, [&](const std::string& allowed) {
               return allowed.ends_with('/') ? type.starts_with(allowed) : type == allowed;
           });
}

bool may_see(const Purpose& purpose, const Caller& caller, const File& file) {
    return purpose.read != Readers::owner || caller.user.empty() || caller.user == file.owner;
}

store::ObjectAttributes attributes_of(const Purpose& purpose, std::string_view type) {
    store::ObjectAttributes attributes(std::string(is_shown(type) ? type : kUnknownType));
    if (purpose.read == Readers::everybody) attributes.cache_control = purpose.cache_control;
    return attributes;
}

Result<void> check_size(const Purpose& purpose, std::uint64_t size) {
    if (size > 0 && size <= purpose.size_max) return {};
    return fail(ErrorCode::invalid, "The file has {} bytes; 1 to {} are allowed for {}.", size, purpose.size_max,
                purpose.name);
}

}  // namespace

std::string object_key(std::string_view purpose, std::string_view id) {
    return fmt::format("files/{}/{}", purpose, id);
}
std::string upload_key(std::string_view purpose, std::string_view id) {
    return fmt::format("uploads/{}/{}", purpose, id);
}

Files::Files(store::Database& database, std::vector<Purpose> purposes, FilesOptions options)
    : database_(database), purposes_(std::move(purposes)), options_(std::move(options)) {}

Result<const Purpose*> Files::find(std::string_view name) const {
    for (const auto& purpose : purposes_)
        if (purpose.name == name) return &purpose;
    std::vector<std::string_view> names;
    for (const auto& purpose : purposes_) names.emplace_back(purpose.name);
    return fail(ErrorCode::not_found, "Files are not kept for \"{}\"; there {} {}.", cut_utf8(name, 40),
                names.size() == 1 ? "is" : "are", names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
}

Result<const Purpose*> Files::writable(const Caller& caller, std::string_view name) const {
    SLIPWAY_TRY(const auto* const purpose, find(name));
    const auto least = purpose->write;
    if (!least && !caller.script)
        return fail(ErrorCode::forbidden, "Files for {} are stored by the application alone.", name);
    if (least && caller.role < *least)
        return fail(ErrorCode::forbidden, "Files for {} are stored and deleted by the role {} and above.", name,
                    account::to_string(*least));
    return purpose;
}

Result<File> Files::described(const Caller& caller, const Purpose& purpose, NewFile wanted) const {
    SLIPWAY_CHECK(check_file_name(wanted.name));
    File file;
    const std::string_view given =
        wanted.content_type.empty() ? net::content_type_of(wanted.name) : std::string_view(wanted.content_type);
    file.content_type = media_type_of(given);
    if (file.content_type.empty())
        return fail(ErrorCode::invalid, "\"{}\" is no content type; write it like image/png.", cut_utf8(given, 80));
    if (!is_allowed(purpose, file.content_type))
        return fail(ErrorCode::invalid, "A file of the type {} is not allowed for {}; these are: {}.",
                    file.content_type, purpose.name, fmt::join(purpose.types, ", "));
    file.id = new_id();
    file.purpose = purpose.name;
    file.owner = caller.user;
    file.name = std::move(wanted.name);
    file.created_at = now();
    return file;
}

Task<File> Files::put(Caller caller, NewFile wanted, std::string bytes) {
    SLIPWAY_CO_TRY(const auto* const purpose, writable(caller, wanted.purpose));
    SLIPWAY_CO_TRY(auto file, described(caller, *purpose, std::move(wanted)));
    SLIPWAY_CO_CHECK(check_size(*purpose, bytes.size()));
    file.size = bytes.size();
    file.expires_at = file.created_at + options_.store_time_max;
    SLIPWAY_CO_CHECK(co_await insert_pending(database_, caller.workspace, file));
    auto key = object_key(purpose->name, file.id);
    auto attributes = attributes_of(*purpose, file.content_type);
    auto stored =
        co_await purpose->objects->put(caller.workspace, std::move(key), std::move(bytes), std::move(attributes));
    if (!stored) {
        static_cast<void>(co_await make_removed(database_, caller.workspace, file.id, "pending"));
        co_return pass(stored);
    }
    auto settled = co_await settle(caller.workspace, purpose, file, *std::move(stored));
    if (!settled && settled.error().code == ErrorCode::conflict)  // swept meanwhile: no row names the object
        static_cast<void>(co_await purpose->objects->erase(caller.workspace, object_key(purpose->name, file.id)));
    co_return settled;
}

// The object is there: from now on the file is.
Task<File> Files::settle(WorkspaceId workspace, const Purpose* purpose, File file, store::ObjectInfo stored) {
    file.size = stored.size;
    file.sha256 = std::move(stored.sha256);
    file.etag = std::move(stored.etag);
    file.expires_at.reset();
    if (purpose->keep > Milliseconds(0)) file.expires_at = now() + purpose->keep;
    SLIPWAY_CO_TRY(const auto ready, co_await make_ready(database_, std::move(workspace), file));
    if (!ready) co_return fail(ErrorCode::conflict, "Storing the file took too long; store it again.");
    co_return file;
}

Task<File> Files::read_row(WorkspaceId workspace, std::string purpose, std::string id, std::string_view state) {
    if (id.size() > kIdBytesMax) co_return no_such(id);
    store::Parameters values{now(), id, std::move(purpose)};
    auto sql = fmt::format("select {} from files where workspace = $workspace and id = $2 and purpose = $3 and ({})",
                           kFileColumns, state);
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(std::move(workspace), std::move(sql), std::move(values)));
    if (rows.empty()) co_return no_such(id);
    co_return file_of(rows.front());
}

Task<File> Files::get(Caller caller, std::string name, std::string id) {
    SLIPWAY_CO_TRY(const auto* const purpose, find(name));
    SLIPWAY_CO_TRY(auto file, co_await read_row(caller.workspace, std::move(name), id, kVisible));
    if (!may_see(*purpose, caller, file)) co_return no_such(id);
    co_return file;
}

Task<File> Files::get_public(WorkspaceId workspace, std::string name, std::string id) {
    const auto purpose = find(name);
    if (!purpose || (*purpose)->read != Readers::everybody) co_return no_such(id);
    co_return co_await read_row(std::move(workspace), std::move(name), std::move(id), kVisible);
}

Task<store::Object> Files::content(WorkspaceId workspace, File file, std::optional<store::ByteRange> range) {
    SLIPWAY_CO_TRY(const auto* const purpose, find(file.purpose));
    auto key = object_key(file.purpose, file.id);
    co_return co_await purpose->objects->get(std::move(workspace), std::move(key), range, file.etag);
}

// Ids sort by their time.
Task<Page> Files::list(Caller caller, std::string name, std::size_t limit, std::optional<std::string> cursor) {
    SLIPWAY_CO_TRY(const auto* const purpose, find(name));
    limit = std::clamp<std::size_t>(limit, 1, kPageMax);
    store::Parameters values{now(), std::move(name), limit + 1};
    auto sql = fmt::format("select {} from files where workspace = $workspace and purpose = $2 and {}", kFileColumns,
                           kVisible);
    if (cursor) {
        values.emplace_back(*std::move(cursor));
        sql += fmt::format(" and id < ${}", values.size());
    }
    if (purpose->read == Readers::owner && !caller.user.empty()) {
        values.emplace_back(caller.user);
        sql += fmt::format(" and owner = ${}", values.size());
    }
    sql += " order by id desc limit $3";
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(caller.workspace, std::move(sql), std::move(values)));
    Page page;
    for (std::size_t i = 0; i < std::min(rows.size(), limit); ++i) page.files.push_back(file_of(rows[i]));
    if (rows.size() > limit) page.next = page.files.back().id;
    co_return page;
}

Task<void> Files::erase(Caller caller, std::string name, std::string id) {
    SLIPWAY_CO_TRY(const auto* const purpose, writable(caller, name));
    SLIPWAY_CO_TRY(const auto file, co_await get(caller, std::move(name), id));
    const bool own = caller.user.empty() || file.owner == caller.user;
    const bool by_application = caller.script && !purpose->write;
    if (!own && !by_application && caller.role < account::Role::admin)
        co_return fail(ErrorCode::forbidden, "The file {} is somebody else's; an admin may delete it.", id);
    SLIPWAY_CO_TRY(const auto removed, co_await make_removed(database_, caller.workspace, id, "ready"));
    if (!removed) co_return no_such(id);
    // Nobody sees it any more; what cannot be taken away now is swept.
    const auto discarded = co_await discard(caller.workspace, purpose, std::move(id));
    if (!discarded) log::warning("object of a file not removed", {{"reason", discarded.error().message}});
    co_return Result<void>();
}

Task<void> Files::discard(WorkspaceId workspace, const Purpose* purpose, std::string id) {
    if (options_.held) {
        SLIPWAY_CO_TRY(const auto held, co_await options_.held());
        if (held) co_return Result<void>();
    }
    SLIPWAY_CO_CHECK(co_await purpose->objects->erase(workspace, object_key(purpose->name, id)));
    SLIPWAY_CO_CHECK(co_await purpose->objects->erase(workspace, upload_key(purpose->name, id)));
    co_return co_await erase_removed(database_, std::move(workspace), std::move(id));
}

Task<store::SignedLink> Files::link(Caller caller, std::string name, std::string id) {
    SLIPWAY_CO_TRY(const auto* const purpose, find(name));
    SLIPWAY_CO_TRY(auto file, co_await get(caller, std::move(name), std::move(id)));
    auto key = object_key(purpose->name, file.id);
    co_return co_await purpose->objects->presign(caller.workspace, std::move(key), store::Access::get,
                                                 purpose->link_time, std::move(file.name));
}

Task<Upload> Files::begin_upload(Caller caller, NewFile wanted, std::uint64_t size) {
    SLIPWAY_CO_TRY(const auto* const purpose, writable(caller, wanted.purpose));
    SLIPWAY_CO_TRY(auto file, described(caller, *purpose, std::move(wanted)));
    file.size = size > 0 ? size : purpose->size_max;
    SLIPWAY_CO_CHECK(check_size(*purpose, file.size));
    store::FormLimits limits;
    limits.content_type = attributes_of(*purpose, file.content_type).content_type;
    if (size > 0) limits.bytes_min = size;
    limits.bytes_max = file.size;
    auto key = upload_key(purpose->name, file.id);
    SLIPWAY_CO_TRY(auto form, co_await purpose->objects->presign_form(caller.workspace, std::move(key),
                                                                      std::move(limits), purpose->link_time));
    file.expires_at = form.expires + options_.store_time_max;
    Upload upload{.id = file.id, .form = std::move(form)};
    SLIPWAY_CO_CHECK(co_await insert_pending(database_, caller.workspace, std::move(file)));
    co_return upload;
}

Task<File> Files::complete(Caller caller, std::string name, std::string id) {
    SLIPWAY_CO_TRY(const auto* const purpose, writable(caller, name));
    SLIPWAY_CO_TRY(auto file, co_await read_row(caller.workspace, name, id, kUnderWay));
    if (caller.user != file.owner) co_return no_such(id);
    if (!file.etag.empty()) co_return co_await get(caller, std::move(name), std::move(id));
    auto arriving = upload_key(purpose->name, file.id);
    auto found = co_await purpose->objects->head(caller.workspace, arriving);
    if (!found && found.error().code == ErrorCode::not_found)
        co_return fail(ErrorCode::not_found, "Nothing was uploaded by the form of the file {} yet.", id);
    if (!found) co_return pass(found);
    SLIPWAY_CO_CHECK(check_size(*purpose, found->size));
    const auto wanted = attributes_of(*purpose, file.content_type);
    if (found->size > file.size || found->content_type != wanted.content_type)
        co_return fail(ErrorCode::invalid, "What was uploaded is not what the form of the file {} allowed.", id);
    SLIPWAY_CO_TRY(auto stored,
                   co_await purpose->objects->copy(caller.workspace, arriving, object_key(purpose->name, file.id)));
    auto settled = co_await settle(caller.workspace, purpose, std::move(file), std::move(stored));
    if (!settled) co_return co_await get(caller, std::move(name), std::move(id));  // when it was completed meanwhile
    const auto erased = co_await purpose->objects->erase(caller.workspace, std::move(arriving));
    if (!erased) log::warning("upload not removed", {{"reason", erased.error().message}});
    co_return settled;
}

std::string Files::url_of(const WorkspaceId& workspace, const File& file) const {
    const auto purpose = find(file.purpose);
    if (!purpose || (*purpose)->read != Readers::everybody)
        return fmt::format("/api/files/{}/{}/content", file.purpose, file.id);
    if ((*purpose)->links_by_key)
        return fmt::format("{}/{}/{}", (*purpose)->public_url, percent_encode(store::workspace_segment(workspace)),
                           object_key(file.purpose, file.id));
    return fmt::format("{}/files/{}/{}/{}/{}", (*purpose)->public_url, percent_encode(workspace.value), file.purpose,
                       file.id, percent_encode(file.name));
}

}  // namespace slipway::file
