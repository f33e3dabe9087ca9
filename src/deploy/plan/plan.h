// A plan of Terraform, as `terraform show -json PLANFILE` prints it (format version 1.x,
// developer.hashicorp.com/terraform/internals/json-format): what there will be after it is applied. Values that are
// known only then are absent; what they will come from, references say.
//
// Thread safe while nobody assigns to the plan; resources point into it and live as long.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.h"

namespace slipway::deploy {

inline constexpr JsonLimits kPlanLimits{.depth_max = 128, .bytes_max = 64 << 20};
inline constexpr std::size_t kPlanResourcesMax = 5000;

struct Resource {
    std::string address;                          // "module.vpc.aws_subnet.public[\"a\"]"
    std::string module;                           // "module.vpc"; empty: the root
    std::string type;                             // "aws_subnet"
    std::string name;                             // "public"
    std::string index;                            // "a", "0"; empty: neither for_each nor count
    bool data = false;                            // read, not made
    std::vector<std::string> actions;             // "create", "update", "delete", "no-op", "read"
    const json::object* values = nullptr;         // never nullptr in a plan that was read
    const json::object* unknown = nullptr;        // the same keys with true where a value comes later; may be nullptr
    const json::object* configuration = nullptr;  // what its block says; may be nullptr

    bool is(std::string_view wanted) const { return !data && type == wanted; }
    // Empty or absent: not given, of another type, or not known yet (see is_unknown).
    std::string_view text(std::string_view key) const { return text_or(*values, key); }
    std::int64_t integer(std::string_view key, std::int64_t otherwise = 0) const;
    double number(std::string_view key, double otherwise = 0) const;
    bool flag(std::string_view key, bool otherwise = false) const { return bool_or(*values, key, otherwise); }
    std::vector<std::string> texts(std::string_view key) const;
    // The nested blocks of that name.
    std::vector<const json::object*> blocks(std::string_view key) const;
    const json::object* block(std::string_view key) const;  // the first one, or nullptr
    bool is_unknown(std::string_view key) const;            // wholly or in part
    bool given(std::string_view key) const;                 // has a value that is not empty, or one that comes later
};

// Numbers may be written as texts in HCL ("512").
double number_in(const json::object& object, std::string_view key, double otherwise);
std::vector<std::string> texts_in(const json::object& object, std::string_view key);
std::vector<const json::object*> blocks_in(const json::object& object, std::string_view key);

using ResourceList = std::vector<const Resource*>;

// std::ranges::contains of C++23, which libstdc++ 12 does not have.
bool holds(const std::ranges::range auto& range, const auto& value) {
    return std::ranges::find(range, value) != std::ranges::end(range);
}

class Plan {
 public:
    // `invalid` when the text is no plan, or one larger than the limits.
    static Result<Plan> read(std::string_view json_text);

    const std::vector<Resource>& resources() const { return resources_; }  // in the order of the plan
    const std::vector<Resource>& removed() const { return removed_; }      // what applying it deletes
    ResourceList of(std::string_view type) const;                          // made, not read
    const Resource* find(std::string_view address) const;

    // Those that the attribute of a resource refers to, through modules, for_each and count: exact where the other has
    // an instance with the same key or the reference names one, else all instances. What passes through a local value
    // is not seen (Terraform leaves locals out of a plan) unless the value itself is known.
    ResourceList referred(const Resource& from, std::string_view attribute) const;
    ResourceList referred(const Resource& from, std::string_view attribute, std::string_view type) const;
    // Those of a type whose attribute refers to `to`, by reference or by a known value that `to` also has as id, arn,
    // name or bucket.
    ResourceList referring(const Resource& to, std::string_view type, std::string_view attribute) const;

    std::string region() const;  // of the provider aws without an alias; empty: not known
    // Of the provider that the resource uses.
    std::string region_of(const Resource& resource) const;
    const json::value* variable(std::string_view name) const;  // of the root; nullptr: none
    const json::object* outputs() const;                       // name → {value, sensitive}; may be nullptr

 private:
    friend class References;
    void read_values(const json::object& module, std::size_t depth);
    void read_changes();
    void read_configuration(const json::object& module, const std::string& path, std::size_t depth);
    std::string region_in(const json::object& provider) const;

    std::unique_ptr<json::value> root_;
    std::vector<Resource> resources_, removed_;
    std::unordered_map<std::string, std::size_t> by_address_;
    std::unordered_map<std::string, std::vector<std::size_t>> by_block_;   // address without any key
    std::unordered_map<std::string, const json::object*> modules_;         // path without keys → its configuration
    std::unordered_map<std::string, const json::object*> calls_;           // path without keys → how it is called
    std::unordered_map<std::string, const json::object*> configurations_;  // address without any key
};

// "module.a[\"x\"].aws_b.c[0]" → "module.a.aws_b.c"
std::string without_keys(std::string_view address);

}  // namespace slipway::deploy
