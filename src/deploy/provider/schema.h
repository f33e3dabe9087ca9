// What the AWS provider of Terraform knows of its resources: attributes, blocks, types (scripts/aws-schema.py).
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"

namespace slipway::deploy {

struct SchemaAttribute {
    json::value type;  // Terraform's own: "string", ["list", "string"], …
    bool required = false, optional = false, computed = false, sensitive = false, write_only = false;
};

struct SchemaBlock;

enum class Nesting : unsigned char { single = 1, list = 2, set = 3, map = 4 };  // numbers of the plugin protocol

struct NestedBlock {
    Nesting nesting = Nesting::list;
    std::uint64_t least = 0, most = 0;  // 0: any number
    std::shared_ptr<const SchemaBlock> block;
};

struct SchemaBlock {
    std::map<std::string, SchemaAttribute, std::less<>> attributes;
    std::map<std::string, NestedBlock, std::less<>> blocks;
};

struct ProviderSchema {
    std::string version;  // of the provider it is from
    SchemaBlock provider;
    std::map<std::string, SchemaBlock, std::less<>> resources, data_sources;

    // `invalid` when the bytes are not what scripts/aws-schema.py writes (gzip).
    static Result<ProviderSchema> read(std::string_view packed);
    // That of the program. `not_found` when it was built without, with what to do.
    static Result<ProviderSchema> built_in();
};

// GetProviderSchema.Response of the plugin protocol, version 5.
std::string to_protobuf(const ProviderSchema& schema);

}  // namespace slipway::deploy
