// The runner: edges, fallbacks, time-outs, filters, traces; with nodes of the test's own.
#include "agent/graph.h"

#include <gtest/gtest.h>

namespace slipway::agent {
namespace {

class Speaker final : public Node {
 public:
    explicit Speaker(std::vector<std::string> pieces, Milliseconds pause = Milliseconds(0), bool fails = false)
        : pieces_(std::move(pieces)), pause_(pause), fails_(fails) {}
    std::string_view kind() const override { return "answer"; }
    Task<void> run(State& state, Step& step, Output& output) override {
        state.agent = step.node;
        if (pause_.count() > 0) co_await sleep_for(pause_);
        for (const auto& piece : pieces_) {
            SLIPWAY_CO_CHECK(co_await output.text(piece));
            if (output.closed()) co_return Result<void>();
        }
        if (fails_) co_return fail(ErrorCode::upstream, "the model broke off");
        co_return Result<void>();
    }

 private:
    std::vector<std::string> pieces_;
    Milliseconds pause_;
    bool fails_;
};

class Decider final : public Node {
 public:
    explicit Decider(std::string intent, bool fails = false) : intent_(std::move(intent)), fails_(fails) {}
    std::string_view kind() const override { return "route"; }
    Task<void> run(State& state, Step& step, Output& output) override {
        if (fails_) co_return fail(ErrorCode::upstream, "no route");
        state.intent = intent_;
        step.decision = intent_;
        co_return co_await output.tell(Event::Kind::routed);
    }

 private:
    std::string intent_;
    bool fails_;
};

class Shout final : public Node {
 public:
    std::string_view kind() const override { return "guard"; }
    bool reads_passages() const override { return false; }
    Task<void> run(State&, Step&, Output&) override { co_return Result<void>(); }
    std::unique_ptr<TextFilter> filter() const override {
        class Filter final : public TextFilter {
         public:
            std::string push(State&, std::string_view piece) override {
                held_ += piece;
                return "";
            }
            std::string finish(State&) override { return held_ + "!"; }
            bool closed() const override { return held_.size() > 20; }
            std::string decision() const override { return "shouted"; }

         private:
            std::string held_;
        };
        return std::make_unique<Filter>();
    }
};

GraphNode node(std::unique_ptr<Node> inner, std::vector<std::string> next = {}) {
    GraphNode made;
    made.node = std::move(inner);
    for (auto& name : next) made.next.push_back({Condition(), std::move(name)});
    return made;
}

struct Told {
    std::vector<Event::Kind> kinds;
    std::string text;
};

Result<void> run(const Graph& graph, State& state, Told& told) {
    Listener listener = [&told](const Event& event) -> Task<void> {
        told.kinds.push_back(event.kind);
        told.text += event.text;
        co_return Result<void>();
    };
    return run_to_end(graph.run(state, listener));
}

TEST(Graph, TextStreamsThroughFiltersAndWhatIsSentIsWhatIsKept) {
    Graph graph;
    graph.add("router", node(std::make_unique<Decider>("question"), {"speaker"}));
    graph.add("speaker", node(std::make_unique<Speaker>(std::vector<std::string>{"one ", "two"}), {"shout"}));
    graph.add("shout", node(std::make_unique<Shout>()));
    ASSERT_TRUE(graph.validate());
    State state;
    Told told;
    ASSERT_TRUE(run(graph, state, told));
    EXPECT_EQ(told.text, "one two!");
    EXPECT_EQ(state.answer, told.text);
    ASSERT_EQ(state.trace.size(), 3U);
    EXPECT_EQ(state.trace[2].decision, "shouted");
    EXPECT_EQ(told.kinds.front(), Event::Kind::routed);
}

TEST(Graph, WithoutStreamingTheTextIsToldOnceAndWhole) {
    Graph graph;
    graph.set_streaming(false);
    graph.add("router", node(std::make_unique<Decider>("question"), {"speaker"}));
    graph.add("speaker", node(std::make_unique<Speaker>(std::vector<std::string>{"one ", "two ", "three"})));
    State state;
    Told told;
    ASSERT_TRUE(run(graph, state, told));
    EXPECT_EQ(told.text, "one two three");
    EXPECT_EQ(told.kinds, (std::vector{Event::Kind::routed, Event::Kind::text}));
    Graph broken;
    broken.set_streaming(false);
    broken.add("speaker", node(std::make_unique<Speaker>(std::vector<std::string>{"half "}, Milliseconds(0), true)));
    State kept;
    Told nothing;
    ASSERT_FALSE(run(broken, kept, nothing));
    EXPECT_EQ(nothing.text, "");
    EXPECT_EQ(kept.answer, "half ");
}

TEST(Graph, AFallbackThatGoesPastAFilterLosesNoText) {
    Graph graph;
    auto failing = node(std::make_unique<Speaker>(std::vector<std::string>{}, Milliseconds(0), true), {"shout"});
    failing.fallback = "spare";
    graph.add("speaker", std::move(failing));
    graph.add("shout", node(std::make_unique<Shout>()));
    graph.add("spare", node(std::make_unique<Speaker>(std::vector<std::string>{"instead"})));
    ASSERT_TRUE(graph.validate());
    State state;
    Told told;
    ASSERT_TRUE(run(graph, state, told));
    EXPECT_EQ(told.text, "instead!");
}

TEST(Graph, AnEdgeThatMayGoPastAFilterDoesNotOpenItsWay) {
    for (const auto* first : {"", "shout"}) {
        Graph graph;
        auto speaker = node(std::make_unique<Speaker>(std::vector<std::string>{"word"}));
        const std::string second = *first == 0 ? "shout" : "";
        speaker.next.push_back({*Condition::parse("refused == true"), first});
        speaker.next.push_back({Condition(), second});
        graph.add("speaker", std::move(speaker));
        graph.add("shout", node(std::make_unique<Shout>()));
        ASSERT_TRUE(graph.validate());
        State state;
        Told told;
        ASSERT_TRUE(run(graph, state, told));
        EXPECT_EQ(told.text, "word!");
        EXPECT_EQ(state.answer, told.text);
    }
}

TEST(Graph, WhatANodeThrowsIsThrownAndNotATimeout) {
    class Thrower final : public Node {
     public:
        std::string_view kind() const override { return "answer"; }
        Task<void> run(State&, Step&, Output&) override {
            throw std::runtime_error("broken");
            co_return Result<void>();
        }
    };
    Graph graph;
    graph.add("thrower", node(std::make_unique<Thrower>()));
    State state;
    Told told;
    EXPECT_THROW(static_cast<void>(run(graph, state, told)), std::runtime_error);
}

TEST(Graph, AFilterThatClosesEndsTheProducer) {
    Graph graph;
    graph.add("speaker", node(std::make_unique<Speaker>(std::vector<std::string>(1000, "0123456789")), {"shout"}));
    graph.add("shout", node(std::make_unique<Shout>()));
    State state;
    Told told;
    ASSERT_TRUE(run(graph, state, told));
    EXPECT_LT(state.answer.size(), 100U);
}

TEST(Graph, ConditionsChooseTheEdge) {
    Graph graph;
    auto router = node(std::make_unique<Decider>("smalltalk"));
    router.next.push_back({*Condition::parse("intent == question"), "long"});
    router.next.push_back({*Condition::parse("intent == smalltalk"), "short"});
    graph.add("router", std::move(router));
    graph.add("long", node(std::make_unique<Speaker>(std::vector<std::string>{"long"})));
    graph.add("short", node(std::make_unique<Speaker>(std::vector<std::string>{"short"})));
    State state;
    Told told;
    ASSERT_TRUE(run(graph, state, told));
    EXPECT_EQ(state.answer, "short");
}

TEST(Graph, ALateNodeIsStoppedAndItsFallbackAnswers) {
    Graph graph;
    auto slow = node(std::make_unique<Speaker>(std::vector<std::string>{"late"}, Milliseconds(60'000)));
    slow.time_max = Milliseconds(30);
    slow.fallback = "sorry";
    graph.add("slow", std::move(slow));
    graph.add("sorry", node(std::make_unique<Speaker>(std::vector<std::string>{"sorry"})));
    State state;
    Told told;
    ASSERT_TRUE(run(graph, state, told));
    EXPECT_EQ(state.answer, "sorry");
    EXPECT_FALSE(state.trace.front().error.empty());
}

TEST(Graph, AFailedRouterIsPassedOverButAFailedAnswerIsTold) {
    Graph graph;
    graph.add("router", node(std::make_unique<Decider>("", true), {"speaker"}));
    graph.add("speaker", node(std::make_unique<Speaker>(std::vector<std::string>{"half "}, Milliseconds(0), true)));
    State state;
    Told told;
    const auto done = run(graph, state, told);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::upstream);
    EXPECT_EQ(state.answer, "half ");
}

TEST(Graph, EdgesThatLeadNowhereAreRefused) {
    Graph graph;
    graph.add("speaker", node(std::make_unique<Speaker>(std::vector<std::string>{"x"}), {"nobody"}));
    EXPECT_FALSE(graph.validate());
    Graph silent;
    silent.add("router", node(std::make_unique<Decider>("x")));
    EXPECT_FALSE(silent.validate()) << "nothing answers";
}

TEST(Graph, AnEndlessGraphEnds) {
    Graph graph;
    graph.add("a", node(std::make_unique<Decider>("x"), {"b"}));
    graph.add("b", node(std::make_unique<Decider>("x"), {"a"}));
    State state;
    Told told;
    EXPECT_FALSE(run(graph, state, told));
}

// Notes whether it was told that nobody behind it needs the passages.
class Reader final : public Node {
 public:
    explicit Reader(std::vector<std::string>& last) : last_(last) {}
    std::string_view kind() const override { return "answer"; }
    Task<void> run(State& state, Step& step, Output& output) override {
        if (state.last_use) last_.push_back(step.node);
        co_return co_await output.text(step.node);
    }

 private:
    std::vector<std::string>& last_;
};

TEST(Graph, PassagesAreLetGoOnlyByTheLastNodeThatMayNeedThem) {
    std::vector<std::string> last;
    const auto reader = [&](std::vector<std::string> next) {
        return node(std::make_unique<Reader>(last), std::move(next));
    };
    Graph graph;
    graph.add("first", reader({"second"}));
    graph.add("second", reader({"shout"}));
    graph.add("shout", node(std::make_unique<Shout>()));
    ASSERT_TRUE(graph.validate());
    Told told;
    State kept;
    ASSERT_TRUE(run(graph, kept, told));
    EXPECT_TRUE(last.empty()) << "who ran the graph may look at them";
    State state;
    state.input.forget = true;
    ASSERT_TRUE(run(graph, state, told));
    EXPECT_EQ(last, std::vector<std::string>{"second"});

    last.clear();
    Graph with_fallback;
    auto first = reader({"shout"});
    first.fallback = "second";
    with_fallback.add("first", std::move(first));
    with_fallback.add("second", reader({"shout"}));
    with_fallback.add("shout", node(std::make_unique<Shout>()));
    State again;
    again.input.forget = true;
    ASSERT_TRUE(run(with_fallback, again, told));
    EXPECT_TRUE(last.empty()) << "the fallback answers from them";
}

TEST(Condition, SaysWhatItUnderstands) {
    State state;
    state.confidence = 0.4;
    EXPECT_TRUE(Condition::parse("confidence < 0.5")->holds(state));
    EXPECT_FALSE(Condition::parse("confidence >= 0.5")->holds(state));
    EXPECT_TRUE(Condition::parse("passages == 0")->holds(state));
    EXPECT_TRUE(Condition::parse("")->holds(state));
    EXPECT_TRUE(Condition::parse("refused == false")->holds(state));
    for (const auto* wrong : {"confidence", "mood == good", "intent < x", "confidence == high", "passages > many"})
        EXPECT_FALSE(Condition::parse(wrong)) << wrong;
}

}  // namespace
}  // namespace slipway::agent
