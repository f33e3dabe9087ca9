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
    Run(const Graph& graph, State& state, Listener listener, std::shared_ptr<Stop> stop)
        : graph_(graph),
          state_(state),
          listener_(std::move(listener)),
          stop_(std::move(stop)),
          began_(std::chrono::steady_clock::now()),
          name_(graph.start_) {}

    static Task<void> go(std::unique_ptr<Run> run) {
        while (run->find_next()) {
            SLIPWAY_CO_CHECK(run->begin_visit());
            auto done = co_await run->visit();
            const bool left = !done && co_await cancelled();
            SLIPWAY_CO_CHECK(run->end_visit(done, left));
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

    // A filter whose node was not reached, because an edge or a fallback went past it, still holds text back.
    bool find_next() {
        if (!name_.empty() && !over_) return true;
        over_ = true;
        const auto held = std::ranges::find(filters_, false, &OpenFilter::finished);
        if (held == filters_.end()) return false;
        name_ = held->node;
        return true;
    }

    Result<void> begin_visit() {
        if (!over_ && ++visits_ > kStepsMax)
            return fail(ErrorCode::internal, "The graph went through {} nodes without an end.", kStepsMax);
        node_ = &graph_.nodes_.at(name_);
        if (!over_) open_filters(name_);
        step_ = Step();
        step_.node = name_;
        step_.kind = std::string(node_->node->kind());
        step_.started_ms = elapsed_ms(began_);
        sent_before_ = state_.answer.size();
        return {};
    }

    Task<void> visit() {
        const auto filtered = std::ranges::find(filters_, name_, &OpenFilter::node);
        if (filtered == filters_.end()) return run_node();
        return finish_filter(static_cast<std::size_t>(filtered - filters_.begin()), step_);
    }

    // The limit is one of the whole run's coroutine: thousands may wait here, and another coroutine costs a KB.
    Task<void> run_node() {
        state_.last_use = state_.input.forget && !graph_.passages_needed_behind(name_);
        Stop::cancel_after(stop_, co_await asio::this_coro::executor, node_->time_max);
        Result<void> done;
        std::exception_ptr thrown;
        try {
            done = co_await node_->node->run(state_, step_, *this);
        } catch (...) {
            thrown = std::current_exception();
        }
        if (!stop_->late()) {
            stop_->go_on();
            if (thrown) std::rethrow_exception(thrown);
            co_return done;
        }
        co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
        stop_->go_on();
        if (co_await cancelled()) co_return fail(ErrorCode::unavailable, "The node {} was cancelled.", name_);
        co_return fail(ErrorCode::unavailable, "The node {} took longer than {} ms and was stopped.", name_,
                       node_->time_max.count());
    }

    Result<void> end_visit(Result<void>& done, bool left) {
        note(std::move(step_), done);
        if (left) return done;  // nobody waits for it any more, which is no failure
        SLIPWAY_TRY(name_, way_on(name_, *node_, done, state_.answer.size() == sent_before_));
        return {};
    }

    void note(Step step, const Result<void>& done) {
        step.duration_ms = elapsed_ms(began_) - step.started_ms;
        if (!done) step.error = done.error().message;
        state_.usage.prompt_tokens += step.prompt_tokens;
        state_.usage.completion_tokens += step.completion_tokens;
        state_.trace.push_back(std::move(step));
    }

    Result<std::string> way_on(const std::string& name, const GraphNode& entry, Result<void>& done, bool nothing_sent) {
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
    std::shared_ptr<Stop> stop_;
    std::chrono::steady_clock::time_point began_;
    std::vector<OpenFilter> filters_;
    // The visit under way:
    std::string name_;
    const GraphNode* node_ = nullptr;
    Step step_;
    std::size_t sent_before_ = 0;
    int visits_ = 0;
    bool over_ = false;  // only filters that still hold text are left
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
    const auto stop = std::make_shared<Stop>();
    std::optional<Result<void>> done;
    auto running = store_in(done, run(state, std::move(listener), stop));
    co_await run_until(stop, std::move(running));
    co_return *std::move(done);
}

Task<void> Graph::run(State& state, Listener listener, std::shared_ptr<Stop> stop) const {
    return Run::go(std::make_unique<Run>(*this, state, std::move(listener), std::move(stop)));
}

}  // namespace slipway::agent
