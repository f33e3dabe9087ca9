#include "agent/route.h"

#include <algorithm>
#include <cmath>

#include "agent/history.h"
#include "agent/prompt.h"
#include "base/text.h"
#include "knowledge/phrase.h"
#include "knowledge/question.h"
#include "store/index/analyser.h"

namespace slipway::agent {
namespace {

// How many keywords' worth of doubt there is about what the words say.
constexpr double kDoubt = 0.7;

std::vector<std::string> terms_of(std::string_view text, std::string_view language) {
    std::vector<std::string> terms;
    for (auto& term : store::analyse(text, language)) terms.push_back(std::move(term.text));
    return terms;
}

std::string trimmed_words(std::string_view message) {
    std::string words;
    for (const char c : store::fold(message))
        words += (static_cast<unsigned char>(c) < 0x80 && std::ispunct(static_cast<unsigned char>(c)) && c != '\'')
                     ? ' '
                     : c;
    return collapse_spaces(words);
}

}  // namespace

RouteNode::RouteNode(RouteOptions options, std::shared_ptr<model::ChatModel> model, knowledge::Knowledge* knowledge)
    : options_(std::move(options)), model_(std::move(model)), knowledge_(knowledge) {
    std::map<std::vector<std::string>, std::vector<std::size_t>> topics_of;
    for (std::size_t topic = 0; topic < options_.topics.size(); ++topic)
        for (const auto& keyword : options_.topics[topic].keywords) {
            auto words = knowledge::phrase_words(keyword, options_.language);
            auto& topics = topics_of[std::move(words)];
            if (std::ranges::find(topics, topic) == topics.end()) topics.push_back(topic);
        }
    const auto all = static_cast<double>(options_.topics.size());
    for (const auto& [words, topics] : topics_of) {
        if (words.empty()) continue;
        Keyword keyword;
        keyword.text = join(words, " ");
        keyword.words = words;
        // A word that several topics claim says less about each; a phrase says more than a word.
        const double rarity = std::log1p(all / static_cast<double>(topics.size())) / std::log1p(all);
        const double weight = rarity * std::sqrt(static_cast<double>(terms_of(keyword.text, options_.language).size()));
        for (const auto topic : topics) keyword.topics.emplace_back(topic, weight);
        keywords_[keyword.words.front()].push_back(std::move(keyword));
    }
    for (const auto& phrase : options_.small_talk) {
        std::vector<std::string> words;
        const auto folded = trimmed_words(phrase);
        for (const auto word : split(folded, ' ')) words.emplace_back(word);
        small_talk_.push_back(std::move(words));
    }
}

bool RouteNode::is_small_talk(std::string_view message) const {
    const auto folded = trimmed_words(message);
    const auto words = split(folded, ' ');
    if (folded.empty() || words.size() > options_.small_talk_words_max) return false;
    // Every word belongs to some phrase that stands in the message: "hello ada" does, "hello, my knee hurts" does
    // not.
    std::vector<bool> covered(words.size(), false);
    for (const auto& phrase : small_talk_)
        for (std::size_t at = 0; at + phrase.size() <= words.size(); ++at)
            if (std::equal(phrase.begin(), phrase.end(), words.begin() + static_cast<std::ptrdiff_t>(at)))
                std::fill_n(covered.begin() + static_cast<std::ptrdiff_t>(at), phrase.size(), true);
    const auto count = static_cast<std::size_t>(std::ranges::count(covered, true));
    return count > 0 && words.size() - count <= 1 &&
           (count == words.size() || terms_of(folded, options_.language).size() <= 2);
}

Route RouteNode::by_words(std::string_view question) const {
    Route route;
    route.intent = "question";
    std::vector<double> scores(options_.topics.size(), 0.0);
    std::vector<std::string> seen;
    const auto words = knowledge::phrase_words(question, options_.language);
    for (std::size_t at = 0; at < words.size(); ++at) {
        const auto found = keywords_.find(words[at]);
        if (found == keywords_.end()) continue;
        for (const auto& keyword : found->second) {
            if (!knowledge::stands_at(keyword.words, words, at)) continue;
            if (std::ranges::find(seen, keyword.text) != seen.end()) continue;
            seen.push_back(keyword.text);
            for (const auto& [topic, weight] : keyword.topics) scores[topic] += weight;
        }
    }
    const double total = [&] {
        double sum = 0;
        for (const auto score : scores) sum += score;
        return sum;
    }();
    if (total <= 0) {
        route.reason = "no keyword of a namespace in the question";
        return route;
    }
    std::vector<std::size_t> order(scores.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(
        order, [&](std::size_t a, std::size_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
    const double best = scores[order.front()];
    // Sure when the best topics hold most of what was said, and when enough was said.
    double kept = 0;
    for (const auto topic : order) {
        if (route.namespaces.size() >= options_.namespaces_max || scores[topic] < best * 0.5 || scores[topic] <= 0)
            break;
        route.namespaces.push_back(options_.topics[topic].name);
        kept += scores[topic];
    }
    route.confidence = std::round(100 * (kept / total) * (best / (best + kDoubt))) / 100;
    route.reason = "keywords: " + join(seen, ", ");
    return route;
}

Task<Route> RouteNode::by_model(const State& state, Step& step) const {
    PromptValues values;
    values["question"] = state.question;
    for (const auto& topic : options_.topics)
        values["namespaces"] += fmt::format("- {}: {}\n", topic.name, topic.description);
    model::ChatRequest request;
    request.model = options_.model;
    request.messages.push_back({model::Role::user, fill(options_.prompt, values)});
    request.temperature = 0;
    request.tokens_max = 120;
    request.time_max = options_.model_time;
    request.response_schema = model::ResponseSchema{"route", {}};
    SLIPWAY_CO_TRY(const auto reply, co_await model_->complete(std::move(request)));
    step.prompt_tokens = reply.usage.prompt_tokens;
    step.completion_tokens = reply.usage.completion_tokens;
    const std::string_view text = reply.message.content;
    const auto open = text.find('{'), close = text.rfind('}');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open)
        co_return fail(ErrorCode::upstream, "The model's routing is not JSON.");
    const auto parsed = parse_json(text.substr(open, close - open + 1));
    if (!parsed || !parsed->is_object())
        co_return fail(ErrorCode::upstream, "The model's routing is not a JSON object.");
    Route route;
    route.intent = std::string(text_or(parsed->get_object(), "intent", "question"));
    route.confidence = std::clamp(number_or(parsed->get_object(), "confidence", 0.5), 0.0, 1.0);
    if (const auto* names = array_in(parsed->get_object(), "namespaces"))
        for (const auto& name : *names) {
            if (!name.is_string() || route.namespaces.size() >= options_.namespaces_max) continue;
            const auto wanted = to_text(name.get_string());
            if (std::ranges::find(options_.topics, wanted, &NamespaceTopic::name) != options_.topics.end())
                route.namespaces.push_back(wanted);
        }
    route.reason = "chosen by " + model_->name();
    co_return route;
}

Task<Route> RouteNode::by_model_with_vector(State& state, Step& step) const {
    std::optional<Result<Route>> chosen;
    std::optional<Result<knowledge::QuestionVector>> made;
    const auto stop = std::make_shared<Stop>();
    auto choose = [&]() -> asio::awaitable<void> {
        chosen.emplace(co_await by_model(state, step));
        if (*chosen && (*chosen)->intent == "smalltalk") stop->ask();  // nothing is searched
    };
    auto choosing = choose();
    auto embedding = run_until(stop, store_in(made, knowledge_->embed_question(state.question)));
    co_await both(std::move(choosing), std::move(embedding));
    if (made && *made && !stop->asked()) state.vector_ahead = *std::move(*made);
    co_return *std::move(chosen);
}

Task<void> RouteNode::run(State& state, Step& step, Output& output) {
    Route route;
    const bool small_talk = is_small_talk(state.input.message);
    if (!small_talk)
        state.question = knowledge::complete_question(state.input.message, earlier_questions(state), options_.language);
    if (small_talk) {
        route.intent = "smalltalk";
        route.confidence = 1;
        route.reason = "a greeting or thanks";
    } else if (model_ && !model_->is_local() && !options_.prompt.empty()) {
        auto choosing = knowledge_ ? by_model_with_vector(state, step) : by_model(state, step);
        auto chosen = co_await std::move(choosing);
        if (chosen) {
            route = *std::move(chosen);
        } else {
            step.error = chosen.error().message;
            route = by_words(state.question);
        }
    } else {
        route = by_words(state.question);
    }
    const bool only_catch_all = route.namespaces.size() == 1 && route.namespaces.front() == options_.catch_all;
    step.decision =
        fmt::format("{} ({:.2f}) → {}; {}", route.intent, route.confidence,
                    route.namespaces.empty() ? std::string("all") : join(route.namespaces, ", "), route.reason);
    state.intent = route.intent;
    state.confidence = route.confidence;
    state.routing_reason = step.decision;
    if (route.confidence >= options_.confidence_min && !only_catch_all) state.namespaces = std::move(route.namespaces);
    co_return co_await output.tell(Event::Kind::routed);
}

}  // namespace slipway::agent
