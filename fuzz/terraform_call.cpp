// A call of Terraform to the provider of the schema: the method on the first line, the message after it. What is
// answered is a message again, and a value in it is one that can be read.
#include "deploy/provider/message_pack.h"
#include "deploy/provider/protobuf.h"
#include "deploy/provider/provider.h"
#include "deploy/provider/schema.h"
#include "target.h"

namespace slipway::fuzz {
namespace {

deploy::ProviderSchema small_schema() {
    const auto inner = std::make_shared<deploy::SchemaBlock>();
    inner->attributes["id"] = {.type = "string", .computed = true};
    inner->attributes["size"] = {.type = "number", .optional = true};
    deploy::SchemaBlock block;
    block.attributes["arn"] = {.type = "string", .computed = true};
    block.attributes["name"] = {.type = "string", .required = true};
    block.attributes["tags"] = {.type = json::array{"map", "string"}, .optional = true, .computed = true};
    block.attributes["password_wo"] = {.type = "string", .optional = true, .write_only = true};
    block.blocks["rule"] = {.nesting = deploy::Nesting::set, .least = 0, .most = 0, .block = inner};
    block.blocks["step"] = {.nesting = deploy::Nesting::list, .least = 0, .most = 0, .block = inner};
    block.blocks["timeouts"] = {.nesting = deploy::Nesting::single, .least = 0, .most = 0, .block = inner};
    block.blocks["named"] = {.nesting = deploy::Nesting::map, .least = 0, .most = 0, .block = inner};
    deploy::ProviderSchema schema;
    schema.resources["a"] = block;
    schema.data_sources["a"] = block;
    return schema;
}

}  // namespace
}  // namespace slipway::fuzz

SLIPWAY_FUZZ_TARGET(terraform_call) {
    static const auto schema = small_schema();
    const auto [method, message] = split_line(input);
    const auto answer = deploy::answer_call(schema, "/tfplugin5.Provider/" + std::string(method), message);
    if (answer) require(deploy::MessageReader::read(*answer).has_value(), "an answer is a message");
    const auto value = deploy::read_value(message);
    if (!value) return;
    const auto written = deploy::write_value(*value);
    const auto again = deploy::read_value(written);
    require(again.has_value() && deploy::write_value(*again) == written, "a value is read as it was written");
}
