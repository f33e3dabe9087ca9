#include "deploy/provider/schema.h"

#include <array>
#include <memory>

#include <zlib.h>

#include "deploy/provider/protobuf.h"

#ifdef SLIPWAY_HAS_AWS_SCHEMA
extern "C" const char slipway_aws_schema_begin[];  // NOLINT(readability-identifier-naming): schema_built_in.S
extern "C" const char slipway_aws_schema_end[];    // NOLINT(readability-identifier-naming)
#endif

namespace slipway::deploy {
namespace {

constexpr std::size_t kUnpackedMax = 64 << 20;
constexpr std::size_t kDepthMax = 48;

Result<std::string> unpack(std::string_view packed) {
    z_stream stream{};
    constexpr int kGzip = 16 + MAX_WBITS;
    if (inflateInit2(&stream, kGzip) != Z_OK) return fail(ErrorCode::unavailable, "There is no memory to unpack.");
    const std::unique_ptr<z_stream, decltype(&inflateEnd)> end(&stream, &inflateEnd);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));  // NOLINT: zlib only reads
    stream.avail_in = static_cast<uInt>(packed.size());
    std::string unpacked;
    std::string part(1 << 18, '\0');
    int state = Z_OK;
    while (state == Z_OK && unpacked.size() <= kUnpackedMax) {
        stream.next_out = reinterpret_cast<Bytef*>(part.data());  // NOLINT
        stream.avail_out = static_cast<uInt>(part.size());
        state = inflate(&stream, Z_NO_FLUSH);
        unpacked.append(part, 0, part.size() - stream.avail_out);
    }
    if (state != Z_STREAM_END) return fail(ErrorCode::invalid, "The schema of the AWS provider is damaged.");
    return unpacked;
}

SchemaBlock block_of(const json::object& object);

bool flag(const json::object& object, std::string_view name) {
    const auto* const value = object.if_contains(name);
    return value != nullptr && value->is_bool() && value->get_bool();
}

SchemaAttribute attribute_of(const json::object& object) {
    const auto* const type = object.if_contains("type");
    return {.type = type == nullptr ? json::value("string") : *type,
            .required = flag(object, "required"),
            .optional = flag(object, "optional"),
            .computed = flag(object, "computed"),
            .sensitive = flag(object, "sensitive"),
            .write_only = flag(object, "write_only")};
}

NestedBlock nested_of(const json::object& object) {
    const auto nesting = text_or(object, "nesting");
    const auto* const inner = object.if_contains("block");
    return {.nesting = nesting == "single" ? Nesting::single
                       : nesting == "set"  ? Nesting::set
                       : nesting == "map"  ? Nesting::map
                                           : Nesting::list,
            .least = static_cast<std::uint64_t>(integer_or(object, "min", 0)),
            .most = static_cast<std::uint64_t>(integer_or(object, "max", 0)),
            .block = std::make_shared<SchemaBlock>(
                inner != nullptr && inner->is_object() ? block_of(inner->get_object()) : SchemaBlock())};
}

SchemaBlock block_of(const json::object& object) {
    SchemaBlock block;
    if (const auto* const attributes = object.if_contains("attributes"); attributes && attributes->is_object())
        for (const auto& [name, value] : attributes->get_object())
            if (value.is_object()) block.attributes.emplace(name, attribute_of(value.get_object()));
    if (const auto* const blocks = object.if_contains("blocks"); blocks && blocks->is_object())
        for (const auto& [name, value] : blocks->get_object())
            if (value.is_object()) block.blocks.emplace(name, nested_of(value.get_object()));
    return block;
}

std::map<std::string, SchemaBlock, std::less<>> blocks_of(const json::object& object, std::string_view key) {
    std::map<std::string, SchemaBlock, std::less<>> blocks;
    if (const auto* const all = object.if_contains(key); all && all->is_object())
        for (const auto& [name, value] : all->get_object())
            if (value.is_object()) blocks.emplace(name, block_of(value.get_object()));
    return blocks;
}

std::string to_message(const SchemaBlock& block) {
    MessageWriter message;
    for (const auto& [name, attribute] : block.attributes) {
        MessageWriter one;
        one.bytes(1, name).bytes(2, write_json(attribute.type)).number(4, attribute.required ? 1 : 0);
        one.number(5, attribute.optional ? 1 : 0).number(6, attribute.computed ? 1 : 0);
        one.number(7, attribute.sensitive ? 1 : 0).number(10, attribute.write_only ? 1 : 0);
        message.message(2, one.text());
    }
    for (const auto& [name, nested] : block.blocks) {
        MessageWriter one;
        one.bytes(1, name).message(2, to_message(*nested.block));
        one.number(3, static_cast<std::uint64_t>(nested.nesting)).number(4, nested.least).number(5, nested.most);
        message.message(3, one.text());
    }
    return message.text();
}

std::string to_schema(const SchemaBlock& block) {
    MessageWriter schema;
    schema.message(2, to_message(block));
    return schema.text();
}

}  // namespace

Result<ProviderSchema> ProviderSchema::read(std::string_view packed) {
    SLIPWAY_TRY(const auto text, unpack(packed));
    SLIPWAY_TRY(const auto value, parse_json(text, {.depth_max = kDepthMax, .bytes_max = kUnpackedMax}));
    if (!value.is_object()) return fail(ErrorCode::invalid, "The schema of the AWS provider is damaged.");
    const auto& object = value.get_object();
    ProviderSchema schema;
    schema.version = text_or(object, "version");
    if (const auto* const provider = object.if_contains("provider"); provider && provider->is_object())
        schema.provider = block_of(provider->get_object());
    schema.resources = blocks_of(object, "resources");
    schema.data_sources = blocks_of(object, "data_sources");
    return schema;
}

Result<ProviderSchema> ProviderSchema::built_in() {
#ifdef SLIPWAY_HAS_AWS_SCHEMA
    return read({slipway_aws_schema_begin, slipway_aws_schema_end});
#else
    return fail(ErrorCode::not_found,
                "This build has no schema of the AWS provider: run scripts/install.sh aws-schema, then make build.");
#endif
}

std::string to_protobuf(const ProviderSchema& schema) {
    MessageWriter response;
    response.message(1, to_schema(schema.provider));
    const auto add = [&response](int field, const auto& blocks) {
        for (const auto& [name, block] : blocks) {
            MessageWriter entry;
            entry.bytes(1, name).message(2, to_schema(block));
            response.message(field, entry.text());
        }
    };
    add(2, schema.resources);
    add(3, schema.data_sources);
    return response.text();
}

}  // namespace slipway::deploy
