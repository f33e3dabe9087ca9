#include "store/objects/object_walk.h"

#include "store/objects/object_key.h"

namespace slipway::store {
namespace {

// A node of one folder. All keys below it begin with `key`, which for a file is the whole key; `key` also orders the
// nodes of a folder: a folder counts with its slash, so that "a.txt" comes before "a/b" as it does among keys.
struct Node {
    std::string key;
    std::filesystem::path path;
    bool is_file = false;
};

Result<std::vector<Node>> nodes_of(const std::filesystem::path& folder, const std::string& key) {
    std::vector<Node> nodes;
    std::error_code error;
    std::filesystem::directory_iterator entry(folder, error);
    if (error == std::errc::no_such_file_or_directory) return nodes;
    while (!error && entry != std::filesystem::directory_iterator()) {
        const auto name = entry->path().filename().string();
        const auto segment = name.substr(1);
        switch (static_cast<NodeKind>(name.front())) {
            case NodeKind::file:
                nodes.push_back({key + segment, entry->path(), true});
                break;
            case NodeKind::folder:
                nodes.push_back({key + segment + "/", entry->path(), false});
                break;
            case NodeKind::part:
                nodes.push_back({key + segment, entry->path(), false});
                break;
            default:
                break;
        }
        entry.increment(error);
    }
    if (error)
        return fail(ErrorCode::unavailable, "The folder {} cannot be read: {}.", folder.string(), error.message());
    std::ranges::sort(nodes, {}, &Node::key);
    return nodes;
}

bool may_hold(const Node& node, const WalkRange& range) {
    if (node.is_file) return node.key.starts_with(range.prefix) && node.key > range.after;
    const bool in_prefix = node.key.starts_with(range.prefix) || range.prefix.starts_with(node.key);
    return in_prefix && (node.key > range.after || range.after.starts_with(node.key));
}

Result<bool> walk(const std::filesystem::path& folder, const std::string& key, const WalkRange& range,
                  const ObjectVisitor& visitor) {
    SLIPWAY_TRY(const auto nodes, nodes_of(folder, key));
    for (const auto& node : nodes) {
        if (!may_hold(node, range)) continue;
        auto more = node.is_file ? visitor(node.key, node.path) : walk(node.path, node.key, range, visitor);
        if (!more || !*more) return more;
    }
    return true;
}

}  // namespace

Result<void> walk_objects(const std::filesystem::path& folder, const WalkRange& range, const ObjectVisitor& visitor) {
    SLIPWAY_CHECK(walk(folder, "", range, visitor));
    return {};
}

}  // namespace slipway::store
