// How good retrieval, routing and the local answers are on the documents of wwhd, measured over questions as people ask
// them: a third of them shares no content word with its answer, which words alone cannot find without luck; they are
// counted apart.
#include <cmath>
#include <cstdio>
#include <map>

#include <gtest/gtest.h>

#include "base/text.h"
#include "model/built_in/built_in.h"
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

// All questions, asked once. Measured twice: as the application is delivered, and by words alone, as it is without an
// embedding model.
class Measured {
 public:
    explicit Measured(Corpus::By by) : by_(by) {
        const std::filesystem::path source(SLIPWAY_SOURCE_DIR);
        corpus_ = std::make_unique<Corpus>(source / "apps/wwhd", by);
        // What is tuned is tuned on the other file: SLIPWAY_QUESTIONS=wwhd_tuning.jsonl.
        const char* chosen = std::getenv("SLIPWAY_QUESTIONS");
        const std::string file = chosen != nullptr ? chosen : "wwhd.jsonl";
        for (auto& question : read_questions(source / "tests/retrieval" / file)) {
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

    template <typename Which>
    std::vector<const Outcome*> select(Which which) const {
        std::vector<const Outcome*> chosen;
        for (const auto& outcome : outcomes_)
            if (which(outcome.question)) chosen.push_back(&outcome);
        return chosen;
    }
    std::vector<const Outcome*> sharing() const {
        return select([](const Question& question) { return question.kind == "single" && question.shares_word; });
    }
    std::vector<const Outcome*> sharing_none() const {
        return select([](const Question& question) { return question.kind == "single" && !question.shares_word; });
    }
    std::vector<const Outcome*> dialogues() const {
        return select([](const Question& question) { return question.kind == "dialogue"; });
    }
    std::vector<const Outcome*> answerable() const {
        return select([](const Question& question) { return question.answerable(); });
    }
    std::vector<const Outcome*> unanswerable() const {
        return select([](const Question& question) { return !question.answerable(); });
    }

    const Corpus& corpus() const { return *corpus_; }
    const std::vector<Outcome>& outcomes() const { return outcomes_; }
    bool by_meaning() const { return by_ == Corpus::By::words_and_meaning; }

 private:
    Corpus::By by_;
    std::unique_ptr<Corpus> corpus_;
    std::vector<Outcome> outcomes_;
};

const Measured& by_words() {
    static const Measured measured(Corpus::By::words);
    return measured;
}
const Measured& by_meaning() {
    static const Measured measured(Corpus::By::words_and_meaning);
    return measured;
}

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

void print(const Measured& measured) {
    std::printf("%zu documents, %zu chunks, %zu questions; by words%s\n", measured.corpus().documents(),
                measured.corpus().chunks(), measured.outcomes().size(),
                measured.by_meaning() ? " and the built-in embedding model" : " alone");
    std::printf("                        through the graph         searching all   routing   refused   answer\n");
    std::printf("                    n   hit@1  hit@5  nDCG@10   hit@1  hit@5   first                 says it\n");
    print_row("share a word", measured.sharing());
    print_row("share none", measured.sharing_none());
    print_row("dialogues", measured.dialogues());
    print_row("all answerable", measured.answerable());
    std::printf("unanswerable     %4zu   refused %zu\n", measured.unanswerable().size(),
                refused(measured.unanswerable()));
}

void print_what_is_wrong(const Measured& measured) {
    for (const auto& outcome : measured.outcomes()) {
        const bool wrong =
            outcome.question.answerable() ? outcome.rank != 1 || outcome.answered.refused : !outcome.answered.refused;
        if (!wrong) continue;
        const auto& trace = outcome.answered.trace;
        const auto answer = std::ranges::find(trace, "interpreter", &agent::Step::node);
        std::printf("  %-5s rank %2zu (all: %2zu) %s | %s | %s\n", outcome.question.id.c_str(), outcome.rank,
                    outcome.rank_everywhere, outcome.question.text.c_str(), outcome.answered.routing_reason.c_str(),
                    answer == trace.end() ? "" : answer->decision.c_str());
    }
}

#define SKIP_WITHOUT_WEIGHTS()             \
    if (model::built_in_encoder().empty()) \
    GTEST_SKIP() << "built without the embedding model: scripts/install.sh encoder"

TEST(Retrieval, PrintsHowGoodItIs) {
    print(by_words());
    EXPECT_GE(by_words().corpus().documents(), 30u);
    EXPECT_GE(by_words().outcomes().size(), 60u + 15u + 15u);
    SKIP_WITHOUT_WEIGHTS();
    print(by_meaning());
    print_what_is_wrong(by_meaning());
}

TEST(Retrieval, ByWordsFindsTheDocumentOfQuestionsThatShareAWord) {
    EXPECT_GE(hit_at(by_words().sharing(), 5), 0.90);
    EXPECT_GE(hit_at(by_words().sharing(), 1), 0.70);
}

TEST(Retrieval, FindsTheDocumentOfQuestionsThatShareAWord) {
    SKIP_WITHOUT_WEIGHTS();
    EXPECT_GE(hit_at(by_meaning().sharing(), 5), 0.90);
    EXPECT_GE(hit_at(by_meaning().sharing(), 1), 0.70);
}

TEST(Retrieval, FindsTheDocumentOfMostQuestionsThatShareNoWord) {
    SKIP_WITHOUT_WEIGHTS();
    EXPECT_GE(hit_at(by_meaning().sharing_none(), 5), 0.80);
    EXPECT_GE(hit_at(by_meaning().answerable(), 5), 0.90);
}

TEST(Retrieval, CompletesQuestionsThatLeanOnTheConversation) {
    EXPECT_GE(hit_at(by_words().dialogues(), 5), 0.90);
    SKIP_WITHOUT_WEIGHTS();
    EXPECT_GE(hit_at(by_meaning().dialogues(), 5), 0.90);
}

TEST(Retrieval, LocalAnswersRefuseWhatTheDocumentsDoNotSay) {
    EXPECT_GE(refused(by_words().unanswerable()), 13u);
    SKIP_WITHOUT_WEIGHTS();
    EXPECT_GE(refused(by_meaning().unanswerable()), 13u);
}

TEST(Retrieval, LocalAnswersRefuseHardlyAnythingThatTheDocumentsSay) {
    EXPECT_LE(refused(by_words().sharing()) + refused(by_words().dialogues()), 2u);
    SKIP_WITHOUT_WEIGHTS();
    EXPECT_LE(refused(by_meaning().answerable()), 2u);
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

void expect_verbatim(const Measured& measured) {
    std::size_t answers = 0;
    for (const auto& outcome : measured.outcomes()) {
        if (outcome.answered.refused) continue;
        expect_verbatim(outcome, measured.corpus().notice());
        ++answers;
    }
    EXPECT_GE(answers, 60u);
}

TEST(Retrieval, EverySentenceOfALocalAnswerStandsInThePassageItCites) {
    expect_verbatim(by_words());
    SKIP_WITHOUT_WEIGHTS();
    expect_verbatim(by_meaning());
}

}  // namespace
}  // namespace slipway::test
