// The description of the manifest as JSON Schema, draft 7. Anywhere a value may stand, an expression (a text with $) or
// a switch may.
#include "app/manifest/describer.h"
#include "app/manifest/manifest.h"

namespace slipway::app {
namespace {

json::object schema_of(const KeyDescription& description);

json::object reference(std::string_view name) { return {{"$ref", fmt::format("#/definitions/{}", name)}}; }

std::string_view pattern_of(Form form) {
    switch (form) {
        case Form::identifier:
            return "^[a-z][a-z0-9_-]{0,62}$";
        case Form::route:
            return "^/[^ ?#]*$";
        case Form::url:
            return "^https?://[^ ]+$";
        case Form::email:
            return "^[^@ ]+@[^@ ]+$";
        case Form::line:
        case Form::prose:
            return "";
    }
    return "";
}

json::object text_of(Form form) {
    json::object schema{{"type", json::array{"string", "number", "boolean"}}};
    if (const auto pattern = pattern_of(form); !pattern.empty()) schema = {{"type", "string"}, {"pattern", pattern}};
    return schema;
}

json::object choice_of(const KeyDescription& description) {
    json::array names;
    for (const auto& name : description.choices) names.emplace_back(name);
    for (const auto& name : description.synonyms) names.emplace_back(name);
    return {{"enum", std::move(names)}};
}

json::object range_of(const KeyDescription& description, std::string_view type) {
    return {{"type", type}, {"minimum", description.least}, {"maximum", description.most}};
}

json::object keys_of(const std::vector<KeyDescription>& keys) {
    json::object properties;
    json::array required;
    for (const auto& key : keys) {
        if (key.required) required.emplace_back(key.key);
        auto schema = schema_of(key);
        auto& present = properties[key.key];
        if (key.kind.empty())
            present = std::move(schema);
        else if (present.is_null())
            present = json::object{{"description", "Depends on kind."}, {"anyOf", json::array{std::move(schema)}}};
        else
            present.as_object()["anyOf"].as_array().push_back(std::move(schema));
    }
    json::object object{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
    if (!required.empty()) object["required"] = std::move(required);
    return object;
}

// What the value itself may look like, without the ways to take it from the environment.
json::array forms_of(const KeyDescription& description) {
    const json::object texts{
        {"type", "array"},
        {"items", json::object{{"anyOf", json::array{text_of(description.form), reference("expression")}}}}};
    switch (description.type) {
        case ValueType::text:
            if (description.or_none) return {text_of(description.form), json::object{{"const", "none"}}};
            return {text_of(description.form)};
        case ValueType::secret:
        case ValueType::store:
        case ValueType::path:
            return {json::object{{"type", "string"}}};
        case ValueType::boolean:
            return {json::object{{"type", "boolean"}}};
        case ValueType::integer:
            return {range_of(description, "integer")};
        case ValueType::number:
            return {range_of(description, "number")};
        case ValueType::bytes:
            return {reference("bytes")};
        case ValueType::duration:
            return {reference("duration")};
        case ValueType::choice:
            return {choice_of(description)};
        case ValueType::texts:
            return {texts, json::object{{"type", "string"}}};
        case ValueType::text_map:
            return {json::object{{"type", "object"}, {"additionalProperties", text_of(Form::line)}}};
        case ValueType::section:
            return {keys_of(description.keys)};
        case ValueType::named: {
            json::object entry{
                {"anyOf", json::array{keys_of(description.keys), reference("switch"), json::object{{"type", "null"}}}}};
            json::object map{{"type", "object"},
                             {"propertyNames", json::object{{"pattern", pattern_of(Form::identifier)}}},
                             {"additionalProperties", std::move(entry)}};
            return {std::move(map), texts};
        }
        case ValueType::list: {
            json::object item{{"anyOf", json::array{keys_of(description.keys), json::object{{"type", "string"}},
                                                    reference("switch")}}};
            return {json::object{{"type", "array"}, {"items", item}}, item};
        }
        case ValueType::later:
            return {json::object{}};
    }
    return {};
}

json::object schema_of(const KeyDescription& description) {
    json::object schema;
    auto sentence = description.sentence;
    if (description.type == ValueType::later) {
        schema["description"] = "Comes with a later release. " + sentence;
        schema["deprecated"] = true;
        return schema;
    }
    schema["description"] = sentence;
    if (!description.default_value.is_null()) schema["default"] = description.default_value;
    auto forms = forms_of(description);
    if (description.type != ValueType::section && description.type != ValueType::named)
        forms.push_back(reference("expression"));
    forms.push_back(reference("switch"));
    forms.push_back(json::object{{"type", "null"}});
    schema["anyOf"] = std::move(forms);
    return schema;
}

json::object definitions() {
    const json::object any{};
    return {
        {"expression", json::object{{"type", "string"},
                                    {"pattern", "\\$"},
                                    {"description", "A text with ${NAME}, ${NAME:-default} or ${NAME:+text}."}}},
        {"duration",
         json::object{{"type", json::array{"string", "integer"}},
                      {"pattern", "^[0-9]+(ms|s|m|h|d)?$"},
                      {"description", "A number with a unit: 500ms, 30s, 15m, 24h, 7d. Without one: seconds."}}},
        {"bytes", json::object{{"type", json::array{"string", "integer"}},
                               {"pattern", "^[0-9.]+ ?([kKmMgG]([iI]?[bB])?|[bB])?$"},
                               {"description", "A number with a unit: 64KB, 20MB, 1GB. Without one: bytes."}}},
        {"switch",
         json::object{{"type", "object"},
                      {"required", json::array{"switch"}},
                      {"additionalProperties", false},
                      {"description", "Takes the value from the case that is named like the value of a variable."},
                      {"properties",
                       json::object{{"switch", json::object{{"type", "object"},
                                                            {"required", json::array{"on", "cases"}},
                                                            {"additionalProperties", false},
                                                            {"properties",
                                                             json::object{{"on", json::object{{"type", "string"}}},
                                                                          {"cases", json::object{{"type", "object"}}},
                                                                          {"default", any}}}}}}}}},
    };
}

}  // namespace

json::object manifest_schema() {
    Manifest manifest;
    Describer describer;
    describe(describer, manifest);
    auto schema = keys_of(std::move(describer).take());
    schema["$schema"] = "http://json-schema.org/draft-07/schema#";
    schema["title"] = "Slipway application manifest";
    schema["description"] = "app.yaml in the folder of an application.";
    schema["definitions"] = definitions();
    return schema;
}

}  // namespace slipway::app
