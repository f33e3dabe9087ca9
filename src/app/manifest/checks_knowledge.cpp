// Checks of the namespaces and of how documents are cut.
#include <algorithm>

#include "app/manifest/checks.h"
#include "base/text.h"

namespace slipway::app {
namespace {

std::string in_words(std::string_view name) {
    auto words = replace_all(replace_all(std::string(name), "_", " "), "-", " ");
    if (!words.empty() && words[0] >= 'a' && words[0] <= 'z') words[0] = static_cast<char>(words[0] - 'a' + 'A');
    return words;
}

}  // namespace

void check_knowledge(Checks& checks) {
    auto& knowledge = checks.manifest.knowledge;
    const auto names = knowledge.namespace_names();
    if (!names.empty() && std::ranges::find(names, knowledge.default_namespace) == names.end()) {
        if (checks.reader.given("knowledge.default_namespace"))
            checks.error(
                "knowledge.default_namespace",
                fmt::format("knowledge.default_namespace: there is no namespace \"{}\".", knowledge.default_namespace),
                suggest(knowledge.default_namespace, names));
        else
            knowledge.default_namespace = names.front();
    }
    for (auto& one : knowledge.namespaces)
        if (one.title.empty()) one.title = in_words(one.name);
    if (knowledge.chunk.overlap > knowledge.chunk.size_max / 2)
        checks.error("knowledge.chunk.overlap",
                     "knowledge.chunk.overlap must not be more than half of knowledge.chunk.size.");
    knowledge.chunk.size_min = std::min(knowledge.chunk.size_min, knowledge.chunk.size_max / 2);
}

}  // namespace slipway::app
