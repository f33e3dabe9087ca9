// The description of the manifest as a Markdown page.
#include "app/manifest/describer.h"
#include "app/manifest/manifest.h"
#include "app/manifest/rules.h"
#include "base/text.h"

namespace slipway::app {
namespace {

constexpr std::string_view kHead = R"(# The manifest

Generated from the descriptions in `src/app/manifest/*.cpp`; `slipway check --reference` prints it, `slipway check
--schema` prints the same as JSON Schema for editors. Do not edit.

`app.yaml` in the folder of an application says what the application consists of. What it leaves out has the default
below. An unknown key is an error.

**Variables.** `${NAME}`, `${NAME:-default}` and `${NAME:+text}` stand for variables of the environment, anywhere in
a value; where `stores.secrets` names another store, its secret of that name comes first. So does a switch:

```yaml
host: { switch: { on: "${APP_ENV:-development}", cases: { production: 0.0.0.0 }, default: 127.0.0.1 } }
```

`on` is a variable or an expression. Only the chosen case is looked at. A value that is empty then counts as left
out.

**Types.** A *duration* is a number with a unit (`500ms`, `30s`, `15m`, `24h`, `7d`; without one seconds), a *size*
too (`64KB`, `20MB`, `1GB` in powers of 1024; without one bytes). A *list* may be written as one text: parts with
commas between them, or a JSON array. A *name* has lower-case letters, digits, `_` and `-` and begins with a letter.
A *path* is relative to the folder of the application; the paths of stores are relative to the data folder
(`--data`). An absolute path wins. The value of a *secret* is never printed.
)";

std::string_view name_of(Form form) {
    switch (form) {
        case Form::identifier:
            return "name";
        case Form::url:
            return "URL";
        case Form::email:
            return "email address";
        case Form::route:
            return "path of a route";
        case Form::line:
        case Form::prose:
            return "text";
    }
    return "text";
}

std::string type_of(const KeyDescription& description) {
    switch (description.type) {
        case ValueType::text:
            return fmt::format("{}{}", name_of(description.form), description.or_none ? ", or none" : "");
        case ValueType::secret:
            return "secret";
        case ValueType::store:
            return "store URL";
        case ValueType::boolean:
            return "true or false";
        case ValueType::integer:
            return "whole number, " + description.limits;
        case ValueType::number:
            return "number, " + description.limits;
        case ValueType::bytes:
            return "size, " + description.limits;
        case ValueType::duration:
            return "duration, " + description.limits;
        case ValueType::path:
            return description.path_kind == PathKind::file ? "path of a file" : "path of a folder";
        case ValueType::choice:
            return fmt::format("one of {}", fmt::join(description.choices, ", "));
        case ValueType::texts:
            return description.form == Form::identifier ? "list of names" : "list of texts";
        case ValueType::text_map:
            return "map of texts";
        case ValueType::section:
            return "section";
        case ValueType::named:
            return "map by name";
        case ValueType::list:
            return "list";
        case ValueType::later:
            return "later";
    }
    return "";
}

std::string cell(std::string text) { return replace_all(std::move(text), "|", "\\|"); }

void row(std::string& page, const std::string& path, const KeyDescription& description) {
    std::string otherwise = description.required               ? "**required**"
                            : description.default_text.empty() ? ""
                                                               : "`" + description.default_text + "`";
    page += fmt::format("| `{}` | {} | {} | {} |\n", path, cell(type_of(description)), cell(otherwise),
                        cell(description.sentence));
}

void rows(std::string& page, const std::string& prefix, const std::vector<KeyDescription>& keys) {
    for (const auto& key : keys) {
        auto path = prefix + key.key;
        row(page, path, key);
        if (key.type == ValueType::named) path += ".NAME";
        if (key.type == ValueType::list) path += "[]";
        if (!key.kind.empty()) path += fmt::format("({})", key.kind);
        rows(page, path + ".", key.keys);
    }
}

bool has_keys(const KeyDescription& key) { return key.type == ValueType::section || key.type == ValueType::named; }

constexpr std::string_view kTable = "| key | type | default | meaning |\n|---|---|---|---|\n";

}  // namespace

std::string manifest_reference() {
    Manifest manifest;
    Describer describer;
    describe(describer, manifest);
    const auto keys = std::move(describer).take();
    std::string page(kHead);
    page += "\n## The application\n\n" + std::string(kTable);
    for (const auto& key : keys)
        if (!has_keys(key) && key.type != ValueType::later) row(page, key.key, key);
    for (const auto& key : keys) {
        if (!has_keys(key)) continue;
        page += fmt::format("\n## {}\n\n{}\n\n{}", key.key, key.sentence, kTable);
        rows(page, key.key + (key.type == ValueType::named ? ".NAME." : "."), key.keys);
    }
    page +=
        "\n## The rules of a guard\n\nA file of its own, named by `chat.graph.NAME.options.rules` of a guard node.\n\n";
    page += kTable;
    Describer rules;
    describe_guard_rules(rules);
    rows(page, "", std::move(rules).take());
    page +=
        "\n## Known, but not there yet\n\n`check` warns of these, `serve` refuses them.\n\n| key | meaning "
        "|\n|---|---|\n";
    for (const auto& key : keys)
        if (key.type == ValueType::later) page += fmt::format("| `{}` | {} |\n", key.key, key.sentence);
    return page;
}

}  // namespace slipway::app
