// How good retrieval, routing and the local answers are on the documents of wwhd, measured over questions as people ask
// them: a third of them shares no content word with its answer, which words alone cannot find without luck; they are
// counted apart.
#include <cmath>
#include <cstdio>
#include <map>

#include <gtest/gtest.h>

#include "base/text.h"
#include "retrieval/corpus.h"

namespace slipway::test {
namespace {

constexpr std::size_t kPassages = 5;  // as answers are given
constexpr std::size_t kRanks = 10;    // as ranking is measured

struct Outcome {
    Question question;
    agent::State answered;
    std::size_t rank = 0;             // of the first right document, through the graph; 0: not among the ten
    std::size_t rank_everywhere = 0;  // without routing
    bool routed_right = false;
};

std::size_t rank_of(const std::vector<knowledge::Found>& found, const Question& question) {
    for (std::size_t i = 0; i < found.size() && i < kRanks; ++i)
        if (question.documents.contains(found[i].document.source)) return i + 1;
    return 0;
}

// The namespaces of the routing's decision, "question (0.74) → money, business; keywords: …", also when all are
// searched.
bool routes_to(const agent::State& state, std::string_view name_space) {
    const std::string_view reason = state.routing_reason;
    const auto arrow = reason.find("→ ");
    if (arrow == std::string_view::npos) return false;
    const auto names = reason.substr(arrow + std::string_view("→ ").size());
    const auto first = names.substr(0, names.find_first_of(",;"));
    return first == name_space;
}

class Retrieval : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        const std::filesystem::path source(SLIPWAY_SOURCE_DIR);
        corpus_ = std::make_unique<Corpus>(source / "apps/wwhd", Corpus::By::words_and_meaning);
        for (auto& question : read_questions(source / "tests/retrieval/wwhd.jsonl")) {
            Outcome outcome;
            const auto ranked = corpus_->ask(question, kRanks);
            outcome.rank = rank_of(ranked.found, question);
            outcome.rank_everywhere = rank_of(corpus_->search(question, kRanks).found, question);
            outcome.answered = corpus_->ask(question, kPassages);
            outcome.routed_right = routes_to(outcome.answered, question.name_space);
            outcome.question = std::move(question);
            outcomes_.push_back(std::move(outcome));
        }
    }
    static void TearDownTestSuite() {
        outcomes_.clear();
        corpus_.reset();
    }

    template <typename Which>
    static std::vector<const Outcome*> select(Which which) {
        std::vector<const Outcome*> chosen;
        for (const auto& outcome : outcomes_)
            if (which(outcome.question)) chosen.push_back(&outcome);
        return chosen;
    }
    static std::vector<const Outcome*> sharing() {
        return select([](const Question& question) { return question.kind == "single" && question.shares_word; });
    }

    static std::unique_ptr<Corpus> corpus_;
    static std::vector<Outcome> outcomes_;
};

std::unique_ptr<Corpus> Retrieval::corpus_;
std::vector<Outcome> Retrieval::outcomes_;

using Outcomes = std::vector<const Outcome*>;

double share(const Outcomes& outcomes, const std::function<double(const Outcome&)>& value) {
    double sum = 0;
    for (const auto* outcome : outcomes) sum += value(*outcome);
    return outcomes.empty() ? 0 : sum / static_cast<double>(outcomes.size());
}
double hit_at(const Outcomes& outcomes, std::size_t k, std::size_t Outcome::* rank = &Outcome::rank) {
    return share(outcomes, [&](const Outcome& outcome) { return outcome.*rank > 0 && outcome.*rank <= k ? 1.0 : 0.0; });
}
// One document answers each question, so the ideal is 1 / log2(2).
double ndcg(const Outcomes& outcomes) {
    return share(outcomes, [](const Outcome& outcome) {
        return outcome.rank > 0 ? 1 / std::log2(static_cast<double>(outcome.rank) + 1) : 0;
    });
}
std::size_t refused(const Outcomes& outcomes) {
    return static_cast<std::size_t>(
        std::ranges::count_if(outcomes, [](const auto* outcome) { return outcome->answered.refused; }));
}

void print_row(const char* name, const Outcomes& outcomes) {
    const auto says_it = share(outcomes, [](const Outcome& outcome) {
        return outcome.answered.answer.contains(outcome.question.answer_contains) ? 1.0 : 0.0;
    });
    std::printf("%-16s %4zu   %5.3f  %5.3f    %5.3f   %5.3f  %5.3f   %5.3f     %3zu     %5.3f\n", name, outcomes.size(),
                hit_at(outcomes, 1), hit_at(outcomes, 5), ndcg(outcomes),
                hit_at(outcomes, 1, &Outcome::rank_everywhere), hit_at(outcomes, 5, &Outcome::rank_everywhere),
                share(outcomes, [](const Outcome& outcome) { return outcome.routed_right ? 1.0 : 0.0; }),
                refused(outcomes), says_it);
}

TEST_F(Retrieval, PrintsHowGoodItIs) {
    std::printf("%zu documents, %zu chunks, %zu questions; no embedding model\n", corpus_->documents(),
                corpus_->chunks(), outcomes_.size());
    std::printf("                        through the graph         searching all   routing   refused   answer\n");
    std::printf("                    n   hit@1  hit@5  nDCG@10   hit@1  hit@5   first                 says it\n");
    print_row("share a word", sharing());
    print_row("share none",
              select([](const Question& question) { return question.kind == "single" && !question.shares_word; }));
    print_row("dialogues", select([](const Question& question) { return question.kind == "dialogue"; }));
    print_row("all answerable", select([](const Question& question) { return question.answerable(); }));
    const auto unanswerable = select([](const Question& question) { return !question.answerable(); });
    std::printf("unanswerable     %4zu   refused %zu\n", unanswerable.size(), refused(unanswerable));
    for (const auto& outcome : outcomes_) {
        const double best = outcome.answered.found.empty()
                                ? 0
                                : std::ranges::max(outcome.answered.found, {}, &knowledge::Found::score).score;
        const bool wrong =
            outcome.question.answerable() ? outcome.rank != 1 || outcome.answered.refused : !outcome.answered.refused;
        if (wrong)
            std::printf("  %-5s rank %2zu (all: %2zu) score %.2f %s %s | %s\n", outcome.question.id.c_str(),
                        outcome.rank, outcome.rank_everywhere, best, outcome.answered.refused ? "refused " : "answered",
                        outcome.question.text.c_str(), outcome.answered.routing_reason.c_str());
    }
    EXPECT_GE(corpus_->documents(), 30u);
    EXPECT_GE(outcomes_.size(), 60u + 15u + 15u);
}

TEST_F(Retrieval, FindsTheDocumentOfQuestionsThatShareAWord) {
    EXPECT_GE(hit_at(sharing(), 5), 0.90);
    EXPECT_GE(hit_at(sharing(), 1), 0.70);
}

TEST_F(Retrieval, CompletesQuestionsThatLeanOnTheConversation) {
    EXPECT_GE(hit_at(select([](const Question& question) { return question.kind == "dialogue"; }), 5), 0.90);
}

TEST_F(Retrieval, LocalAnswersRefuseWhatTheDocumentsDoNotSay) {
    EXPECT_GE(refused(select([](const Question& question) { return !question.answerable(); })), 13u);
}

TEST_F(Retrieval, LocalAnswersRefuseHardlyAnythingThatTheDocumentsSay) {
    EXPECT_LE(refused(select([](const Question& question) { return question.answerable() && question.shares_word; })),
              2u);
}

// What stands between the citations of an answer must stand in the passage that is cited.
void expect_verbatim(const Outcome& outcome, std::string_view notice) {
    std::string_view rest = outcome.answered.answer;
    if (rest.starts_with(notice)) rest.remove_prefix(notice.size());
    std::size_t cited = 0;
    for (auto open = rest.find(" ["); open != std::string_view::npos; open = rest.find(" [")) {
        const auto close = rest.find(']', open);
        ASSERT_NE(close, std::string_view::npos) << outcome.question.id;
        const auto number = static_cast<std::size_t>(std::stoul(std::string(rest.substr(open + 2, close - open - 2))));
        ASSERT_TRUE(number >= 1 && number <= outcome.answered.found.size()) << outcome.question.id;
        const auto sentence = trim(rest.substr(0, open));
        EXPECT_FALSE(sentence.empty()) << outcome.question.id;
        EXPECT_TRUE(outcome.answered.found[number - 1].text.contains(sentence))
            << outcome.question.id << ": " << sentence;
        rest.remove_prefix(close + 1);
        ++cited;
    }
    EXPECT_TRUE(cited >= 1 && cited <= 5) << outcome.question.id << " cites " << cited << " sentences";
}

TEST_F(Retrieval, EverySentenceOfALocalAnswerStandsInThePassageItCites) {
    std::size_t answers = 0;
    for (const auto& outcome : outcomes_) {
        if (outcome.answered.refused) continue;
        expect_verbatim(outcome, corpus_->notice());
        ++answers;
    }
    EXPECT_GE(answers, 60u);
}

}  // namespace
}  // namespace slipway::test
