// What comes of the description besides validation: the schema for editors and the reference for people.
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>

#include <gtest/gtest.h>

#include "app/manifest/application.h"
#include "app/manifest/describer.h"
#include "app/manifest/manifest.h"

namespace slipway::app {
namespace {

std::vector<KeyDescription> described() {
    Manifest manifest;
    Describer describer;
    describe(describer, manifest);
    return std::move(describer).take();
}

// The object schema among the forms of a key.
const json::object* object_form(const json::object& schema) {
    const auto* forms = array_in(schema, "anyOf");
    if (forms == nullptr) return nullptr;
    for (const auto& form : *forms)
        if (form.is_object() && (form.as_object().contains("properties") || form.as_object().contains("anyOf")))
            return &form.as_object();
    return nullptr;
}

void expect_described(const KeyDescription& key, const json::object& properties, const std::string& where) {
    const auto path = where + "." + key.key;
    EXPECT_GT(key.sentence.size(), 10U) << path;
    EXPECT_TRUE(key.sentence.ends_with('.') || key.sentence.ends_with(')')) << path << ": " << key.sentence;
    const auto* schema = object_in(properties, key.key);
    ASSERT_NE(schema, nullptr) << path;
    EXPECT_FALSE(text_or(*schema, "description").empty()) << path;
    if (key.type != ValueType::section || !key.kind.empty()) return;
    const auto* object = object_form(*schema);
    ASSERT_NE(object, nullptr) << path;
    for (const auto& inner : key.keys) expect_described(inner, *object_in(*object, "properties"), path);
}

TEST(ManifestSchema, DescribesEveryKey) {
    const auto schema = manifest_schema();
    EXPECT_EQ(json::parse(json::serialize(schema)), json::value(schema)) << "it is JSON";
    EXPECT_EQ(schema.at("additionalProperties"), json::value(false));
    EXPECT_EQ(schema.at("required"), (json::value{"name"}));
    for (const auto& key : described()) expect_described(key, schema.at("properties").as_object(), "");
}

TEST(ManifestSchema, RefersOnlyToDefinitionsThatExistAndPatternsThatCompile) {
    const auto schema = manifest_schema();
    const auto& definitions = schema.at("definitions").as_object();
    std::size_t references = 0;
    const auto visit = [&](const auto& self, const json::value& value) -> void {
        if (value.is_array())
            for (const auto& item : value.as_array()) self(self, item);
        if (!value.is_object()) return;
        for (const auto& [key, inner] : value.as_object()) {
            if (key == "$ref") {
                ++references;
                EXPECT_TRUE(
                    definitions.contains(to_text(inner.as_string()).substr(std::string("#/definitions/").size())))
                    << inner;
            } else if (key == "pattern" && inner.is_string()) {
                EXPECT_NO_THROW(std::regex(to_text(inner.as_string()), std::regex::ECMAScript)) << inner;
            }
            self(self, inner);
        }
    };
    visit(visit, json::value(schema));
    EXPECT_GT(references, 100U);
}

TEST(ManifestSchema, HasADescriptionOfEachKindOfNode) {
    std::map<std::string, std::size_t> options;
    for (const auto& section : described())
        if (section.key == "chat")
            for (const auto& key : section.keys)
                if (key.key == "graph")
                    for (const auto& inner : key.keys)
                        if (inner.key == "options") options[inner.kind] = inner.keys.size();
    ASSERT_EQ(options.size(), 4U);
    for (const auto& [kind, keys] : options) EXPECT_GT(keys, 0U) << kind;
}

// Every default that the reference names is a value that the manifest takes, and that changes nothing.
void write_defaults(std::string& yaml, const std::vector<KeyDescription>& keys, const std::string& indent) {
    for (const auto& key : keys) {
        if (key.type == ValueType::section && key.key != "demo" && key.key != "tls") {
            yaml += indent + key.key + ":\n";
            yaml += indent + "  {}\n";
            yaml.resize(yaml.size() - indent.size() - 5);
            const auto before = yaml.size();
            write_defaults(yaml, key.keys, indent + "  ");
            if (yaml.size() == before) yaml += indent + "  {}\n";
        } else if (!key.default_value.is_null()) {
            yaml += fmt::format("{}{}: {}\n", indent, key.key, json::serialize(key.default_value));
        }
    }
}

TEST(ManifestSchema, NamesDefaultsThatAreValid) {
    std::string yaml = "name: defaults\n";
    write_defaults(yaml, described(), "");
    const TemporaryApplication application(yaml), plain("name: defaults\n");
    const auto loaded = application.load();
    EXPECT_EQ(problems_of(application, loaded), "") << yaml;
    const auto expected = plain.load().manifest;
    EXPECT_EQ(loaded.manifest.server.limits.drain_time_max, expected.server.limits.drain_time_max);
    EXPECT_EQ(loaded.manifest.stores.database.path, expected.stores.database.path);
    EXPECT_EQ(loaded.manifest.script.limits.instructions, expected.script.limits.instructions);
    EXPECT_EQ(loaded.manifest.knowledge.chunk.size_max, expected.knowledge.chunk.size_max);
    EXPECT_EQ(loaded.manifest.server.health_answer, expected.server.health_answer);
}

// SLIPWAY_WRITE_DOCS=1 writes the file instead of comparing.
TEST(ManifestSchema, IsTheReferenceInDocs) {
    const std::filesystem::path file = std::filesystem::path(SLIPWAY_SOURCE_DIR) / "docs" / "manifest.md";
    const auto reference = manifest_reference();
    if (std::getenv("SLIPWAY_WRITE_DOCS") != nullptr) std::ofstream(file, std::ios::binary) << reference;
    std::stringstream present;
    present << std::ifstream(file, std::ios::binary).rdbuf();
    EXPECT_EQ(present.str(), reference)
        << "docs/manifest.md is old: run `slipway check --reference > docs/manifest.md`";
}

}  // namespace
}  // namespace slipway::app
