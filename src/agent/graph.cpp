#include "agent/graph.h"

#include "base/log.h"

namespace slipway::agent {
namespace {

constexpr int kStepsMax = 32;

std::int64_t elapsed_ms(std::chrono::steady_clock::time_point since) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - since).count();
}

}  // namespace

json::object to_json(const Step& step) {
    json::object object{
        {"node", step.node}, {"kind", step.kind}, {"started_ms", step.started_ms}, {"duration_ms", step.duration_ms}};
    if (step.prompt_tokens + step.completion_tokens > 0) {
        object["prompt_tokens"] = step.prompt_tokens;
        object["completion_tokens"] = step.completion_tokens;
    }
    if (!step.decision.empty()) object["decision"] = step.decision;
    if (!step.error.empty()) object["error"] = step.error;
    return object;
}

// One run. Filters of the nodes behind a producer are opened before it runs, so that nothing unfiltered is ever sent.
class Graph::Run final : public Output {
 public:
    Run(const Graph& graph, State& state, Listener listener)
        : graph_(graph), state_(state), listener_(std::move(listener)), began_(std::chrono::steady_clock::now()) {}

    static Task<void> go(std::unique_ptr<Run> run) {
        std::string name = run->graph_.start_;
        for (int steps = 0; !name.empty(); ++steps) {
            if (steps >= kStepsMax)
                co_return fail(ErrorCode::internal, "The graph went through {} nodes without an end.", kStepsMax);
            const auto& entry = run->graph_.nodes_.at(name);
            run->open_filters(name);
            SLIPWAY_CO_TRY(name, co_await run->visit(name, entry));
        }
        // A filter whose node was not reached, because an edge or a fallback went past it, still holds text back.
        for (std::size_t i = 0; i < run->filters_.size(); ++i) {
            if (run->filters_[i].finished) continue;
            const auto& entry = run->graph_.nodes_.at(run->filters_[i].node);
            SLIPWAY_CO_TRY(name, co_await run->visit(run->filters_[i].node, entry));
        }
        if (run->graph_.streaming_ || run->state_.answer.empty()) co_return Result<void>();
        co_return co_await run->tell_text(run->state_.answer);
    }

    Task<void> text(std::string_view piece) override {
        std::string passed(piece);
        for (auto& filter : filters_) {
            if (passed.empty()) break;
            passed = filter.filter->push(state_, passed);
        }
        co_return co_await send(std::move(passed));
    }

    Task<void> tell(Event::Kind kind) override {
        Event event;
        event.kind = kind;
        event.state = &state_;
        co_return co_await listener_(event);
    }

    bool closed() const override {
        for (const auto& filter : filters_)
            if (filter.filter->closed()) return true;
        return false;
    }

 private:
    struct OpenFilter {
        std::string node;
        std::unique_ptr<TextFilter> filter;
        std::int64_t opened_ms = 0;
        bool finished = false;
    };

    Task<void> send(std::string text) {
        if (text.empty()) co_return Result<void>();
        state_.answer += text;
        if (!graph_.streaming_) co_return Result<void>();
        co_return co_await tell_text(text);
    }

    Task<void> tell_text(std::string_view text) {
        Event event;
        event.text = text;
        event.state = &state_;
        co_return co_await listener_(event);
    }

    // Every filtering node that some way from this answer leads to: which edge holds is known only when the text is
    // written, and then it is sent.
    void open_filters(const std::string& name) {
        if (!filters_.empty() || graph_.nodes_.at(name).node->kind() != "answer") return;
        for (const auto& reached : graph_.behind(name)) {
            auto filter = reached == name ? nullptr : graph_.nodes_.at(reached).node->filter();
            if (filter) filters_.push_back({reached, std::move(filter), elapsed_ms(began_)});
        }
    }

    Task<std::string> visit(const std::string& name, const GraphNode& entry) {
        Step step;
        step.node = name;
        step.kind = std::string(entry.node->kind());
        step.started_ms = elapsed_ms(began_);
        const auto filtered = std::ranges::find(filters_, name, &OpenFilter::node);
        const auto sent_before = state_.answer.size();
        Result<void> done;
        if (filtered != filters_.end()) {
            done = co_await finish_filter(static_cast<std::size_t>(filtered - filters_.begin()), step);
        } else {
            auto work = run_node(name, entry, step);
            done = co_await std::move(work);
        }
        const bool left = !done && co_await cancelled();
        note(std::move(step), done);
        if (left) co_return pass(done);  // nobody waits for it any more, which is no failure
        co_return way_on(name, entry, std::move(done), state_.answer.size() == sent_before);
    }

    Task<void> run_node(const std::string& name, const GraphNode& entry, Step& step) {
        state_.last_use = state_.input.forget && !graph_.passages_needed_behind(name);
        return with_timeout(entry.node->run(state_, step, *this), entry.time_max, fmt::format("The node {}", name));
    }

    void note(Step step, const Result<void>& done) {
        step.duration_ms = elapsed_ms(began_) - step.started_ms;
        if (!done) step.error = done.error().message;
        state_.usage.prompt_tokens += step.prompt_tokens;
        state_.usage.completion_tokens += step.completion_tokens;
        state_.trace.push_back(std::move(step));
    }

    Result<std::string> way_on(const std::string& name, const GraphNode& entry, Result<void> done, bool nothing_sent) {
        if (done) return next_of(entry);
        log::warning("agent node failed",
                     {{"node", name}, {"code", to_string(done.error().code)}, {"error", done.error().message}});
        if (nothing_sent && !entry.fallback.empty()) return entry.fallback;
        if (nothing_sent && entry.node->kind() != "answer" && !entry.next.empty()) return next_of(entry);
        return pass(done);
    }

    // The rest that the filter held back goes through the filters behind it.
    Task<void> finish_filter(std::size_t index, Step& step) {
        filters_[index].finished = true;
        auto rest = filters_[index].filter->finish(state_);
        for (std::size_t i = index + 1; i < filters_.size() && !rest.empty(); ++i)
            rest = filters_[i].filter->push(state_, rest);
        step.started_ms = filters_[index].opened_ms;
        step.decision = filters_[index].filter->decision();
        co_return co_await send(std::move(rest));
    }

    std::string next_of(const GraphNode& entry) const {
        for (const auto& edge : entry.next)
            if (edge.when.holds(state_)) return edge.to;
        return "";
    }

    const Graph& graph_;
    State& state_;
    Listener listener_;
    std::chrono::steady_clock::time_point began_;
    std::vector<OpenFilter> filters_;
};

std::vector<std::string> Graph::behind(const std::string& name) const {
    std::vector<std::string> reached;
    const auto reach = [&](const std::string& next) {
        if (!next.empty() && std::ranges::find(reached, next) == reached.end()) reached.push_back(next);
    };
    const auto look = [&](const GraphNode& entry) {
        for (const auto& edge : entry.next) reach(edge.to);
        reach(entry.fallback);
    };
    look(nodes_.at(name));
    for (std::size_t i = 0; i < reached.size(); ++i) look(nodes_.at(reached[i]));
    return reached;
}

bool Graph::passages_needed_behind(const std::string& name) const {
    return std::ranges::any_of(behind(name), [&](const auto& next) { return nodes_.at(next).node->reads_passages(); });
}

void Graph::add(std::string name, GraphNode node) {
    if (start_.empty()) start_ = name;
    nodes_.insert_or_assign(std::move(name), std::move(node));
}

Result<void> Graph::validate() const {
    if (!nodes_.contains(start_)) return fail(ErrorCode::invalid, "The graph has no node to start with.");
    bool answers = false;
    for (const auto& [name, entry] : nodes_) {
        answers = answers || entry.node->kind() == "answer";
        for (const auto& edge : entry.next)
            if (!edge.to.empty() && !nodes_.contains(edge.to))
                return fail(ErrorCode::invalid, "The node {} leads to {}, which is not in the graph.", name, edge.to);
        if (!entry.fallback.empty() && !nodes_.contains(entry.fallback))
            return fail(ErrorCode::invalid, "The fallback {} of the node {} is not in the graph.", entry.fallback,
                        name);
    }
    if (!answers) return fail(ErrorCode::invalid, "The graph has no node of kind answer.");
    return {};
}

Task<void> Graph::run(State& state, Listener listener) const {
    return Run::go(std::make_unique<Run>(*this, state, std::move(listener)));
}

}  // namespace slipway::agent
