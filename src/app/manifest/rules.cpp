#include "app/manifest/rules.h"

#include "app/manifest/reader.h"

namespace slipway::app {
namespace {

enum class Action : unsigned char { disclaim, replace };
constexpr std::array<Choice<Action>, 2> kActions{{{Action::disclaim, "disclaim"}, {Action::replace, "replace"}}};

struct RuleSection {
    std::string name;
    Action action = Action::disclaim;
    bool question = true;
    std::vector<std::string> keywords;
    std::vector<std::string> phrases;
    std::vector<std::string> exceptions;
    std::vector<std::string> others;
    std::vector<std::string> speaker;
    std::string text;
    std::string others_text;
};

struct RulesFile {
    std::vector<RuleSection> classes;
};

}  // namespace

static void describe(Keys& keys, RuleSection& rule) {
    keys.choice("action", rule.action, kActions,
                "On a match: disclaim appends the text once, replace ends the answer with it.", true);
    keys.boolean("question", rule.question, "Whether the user's message is looked at as well as the answer.");
    keys.texts("keywords", rule.keywords, "Words and phrases, matched as whole words; case and accents do not count.");
    keys.texts("phrases", rule.phrases, "The same; apart from keywords only for the reader.");
    keys.texts("except", rule.exceptions, "Phrases inside which a match does not count.");
    keys.texts("others", rule.others,
               "Words for somebody else, such as friend or she, for the action replace. Where the nearest word for a "
               "person before a match in its sentence is one of these, the answer stays and the text is appended; so "
               "too for a phrase of these around a match.");
    keys.texts("speaker", rule.speaker, "Words for who writes, such as I or my; what others are told apart from.");
    keys.text("text", rule.text, "What is appended, or takes the place of the answer.", {Form::prose, true});
    keys.text("others_text", rule.others_text, "What is appended where somebody else is spoken of; left out: the text.",
              {Form::prose});
}

static void describe(Keys& keys, RulesFile& file) { keys.named("classes", file.classes, "What to look for."); }

void describe_guard_rules(Keys& keys) {
    RulesFile file;
    describe(keys, file);
}

static agent::GuardClass guard_class(RuleSection rule, const Reader& reader, Problems& problems) {
    agent::GuardClass guard;
    const auto path = "classes." + rule.name;
    guard.question_too = rule.question;
    guard.name = std::move(rule.name);
    guard.phrases = std::move(rule.keywords);
    guard.phrases.insert(guard.phrases.end(), rule.phrases.begin(), rule.phrases.end());
    if (guard.phrases.empty())
        problems.error(reader.mark_of(path), fmt::format("{} has neither keywords nor phrases.", path),
                       "Without them it never matches.");
    if (rule.action != Action::replace && !(rule.others.empty() && rule.speaker.empty()))
        problems.error(reader.mark_of(path), fmt::format("{} has others or speaker, which only replace knows.", path),
                       "A disclaimer is appended whoever is spoken of.");
    if (rule.others.empty() != rule.speaker.empty())
        problems.error(reader.mark_of(path),
                       fmt::format("{}.{} is missing.", path, rule.others.empty() ? "others" : "speaker"),
                       "Give both, or none: they are told apart from each other.");
    guard.exceptions = std::move(rule.exceptions);
    guard.others = std::move(rule.others);
    guard.speaker = std::move(rule.speaker);
    guard.others_text = std::move(rule.others_text);
    (rule.action == Action::replace ? guard.replacement : guard.disclaimer) = std::move(rule.text);
    return guard;
}

std::vector<agent::GuardClass> load_guard_rules(const std::filesystem::path& file, const Environment& environment,
                                                Problems& problems) {
    const auto text = read_text_file(file);
    if (!text) {
        problems.error({}, text.error().message);
        return {};
    }
    const auto root = parse_yaml(*text, problems);
    if (!root) return {};
    const auto folder = file.parent_path();
    Reader reader(*root, environment, folder, problems, true);
    RulesFile rules;
    describe(reader, rules);
    reader.finish();
    std::vector<agent::GuardClass> classes;
    for (auto& rule : rules.classes) classes.push_back(guard_class(std::move(rule), reader, problems));
    return classes;
}

}  // namespace slipway::app
