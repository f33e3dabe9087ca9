#include "app/capabilities/files.h"

namespace slipway::app {

json::object to_json(const file::File& file, const file::Files& files, const WorkspaceId& workspace) {
    json::object object{{"id", file.id},
                        {"purpose", file.purpose},
                        {"name", file.name},
                        {"content_type", file.content_type},
                        {"size", file.size}};
    if (!file.sha256.empty()) object["sha256"] = file.sha256;
    if (!file.owner.empty()) object["owner"] = file.owner;
    object["created_at"] = to_iso8601(file.created_at);
    if (file.expires_at) object["expires_at"] = to_iso8601(*file.expires_at);
    object["url"] = files.url_of(workspace, file);
    return object;
}

json::object to_json(const file::Page& page, const file::Files& files, const WorkspaceId& workspace) {
    json::array items;
    for (const auto& file : page.files) items.push_back(to_json(file, files, workspace));
    json::object object{{"files", std::move(items)}};
    if (page.next) object["next"] = *page.next;
    return object;
}

json::object to_json(const store::SignedLink& link) {
    return {{"url", link.url}, {"expires_at", to_iso8601(link.expires)}};
}

json::object to_json(const file::Upload& upload) {
    json::object fields;
    for (const auto& [name, value] : upload.form.fields) fields[name] = value;
    return {{"id", upload.id},
            {"url", upload.form.url},
            {"fields", std::move(fields)},
            {"expires_at", to_iso8601(upload.form.expires)}};
}

}  // namespace slipway::app
