// The SMTP adapter against a real server (aiosmtpd, sink.py): the conformance suite, and faults.
#include "store/mail/smtp.h"

#include <csignal>
#include <fstream>
#include <iostream>

#include <gtest/gtest.h>

#include "base/percent.h"
#include "engines/process.h"
#include "store/mail/conformance.h"
#include "store/temporary_folder.h"

namespace slipway::test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPassword = "pass%word:ä";

// One server for all tests of this program.
class Sink {
 public:
    static Sink* get() {
        static const auto sink = make();
        return sink.get();
    }

    std::vector<json::object> received() const {
        std::vector<json::object> all;
        std::ifstream lines(messages_);
        for (std::string line; std::getline(lines, line);) all.push_back(parse_json(line).value().get_object());
        return all;
    }
    json::object received(const std::string& id) const {
        for (auto& message : received())
            if (text_or(message, "message_id") == "<" + id + ">") return message;
        throw std::runtime_error("the sink has no message " + id);
    }
    std::string url(std::string_view scheme, std::uint16_t port, std::string_view more = "") const {
        return fmt::format("{}://apostle:{}@127.0.0.1:{}?ca={}{}", scheme, percent_encode(kPassword), port,
                           certificate_.string(), more);
    }

    std::uint16_t start_tls = free_port(), implicit = free_port(), plain = free_port(), login = free_port(),
                  limited = free_port();
    std::unique_ptr<EngineProcess> process;

 private:
    static std::unique_ptr<Sink> make() {
        const auto engine = engine_folder("mail-sink");
        if (!engine) return nullptr;
        std::unique_ptr<Sink> sink(new Sink);
        sink->certify();
        const auto script = fs::path(SLIPWAY_SOURCE_DIR) / "tests/store/mail/engines/sink.py";
        const json::object options{{"certificate", sink->certificate_.string()},
                                   {"key", (sink->folder_ / "key.pem").string()},
                                   {"messages", sink->messages_.string()},
                                   {"start_tls", sink->start_tls},
                                   {"implicit", sink->implicit},
                                   {"plain", sink->plain},
                                   {"login", sink->login},
                                   {"limited", sink->limited}};
        EngineOptions engine_options;
        engine_options.command = {"/usr/bin/python3", script.string(), write_json(options)};
        engine_options.folder = sink->folder_.path();
        engine_options.port = sink->start_tls;
        engine_options.environment = {{"PYTHONPATH", engine->string()}, {"PYTHONDONTWRITEBYTECODE", "1"}};
        auto started = EngineProcess::start(engine_options);
        if (!started) throw std::runtime_error(started.error().message);
        sink->process = *std::move(started);
        std::cout << sink->process->log();
        return sink;
    }
    void certify() {
        const auto command = fmt::format(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=sink "
            "-addext subjectAltName=IP:127.0.0.1 -keyout {} -out {} 2>/dev/null",
            (folder_ / "key.pem").string(), certificate_.string());
        if (std::system(command.c_str()) != 0) throw std::runtime_error("openssl made no certificate");
    }

    TemporaryFolder folder_;
    fs::path messages_ = folder_ / "messages.jsonl", certificate_ = folder_ / "certificate.pem";
};

class SmtpServer : public testing::Test {
 protected:
    void SetUp() override {
        sink_ = Sink::get();
        if (!sink_) GTEST_SKIP() << "scripts/engines.sh mail-sink";
    }
    static std::unique_ptr<store::Mail> open(const std::string& url, Milliseconds patience = Milliseconds(20'000)) {
        auto options = store::smtp_options(url).value();
        options.answer_time_max = options.accept_time_max = patience;
        return store::open_smtp(std::move(options));
    }
    static store::Message to(std::string address) {
        return {.from = {"sender@example.org"}, .to = {{std::move(address)}}, .subject = "Hello", .text = "Hi."};
    }
    static Error error_of(store::Mail& mail, store::Message message) {
        auto result = run_to_end(mail.send(std::move(message)));
        if (result) throw std::runtime_error("it was sent");
        EXPECT_FALSE(result.error().message.contains(kPassword)) << result.error().message;
        return std::move(result).error();
    }

    static std::string sent(store::Mail& mail, store::Message message) {
        auto result = run_to_end(mail.send(std::move(message)));
        if (!result) throw std::runtime_error(result.error().message);
        return *std::move(result);
    }

    Sink* sink_ = nullptr;
};

TEST_F(SmtpServer, PassesTheConformanceSuite) {
    for (const auto& url :
         {sink_->url("smtp", sink_->start_tls), sink_->url("smtps", sink_->implicit),
          sink_->url("smtp", sink_->login, "&tls=none"), fmt::format("smtp://127.0.0.1:{}?tls=none", sink_->plain)}) {
        const MailPlace place{[&] { return open(url); }, [&](const std::string& id) { return sink_->received(id); },
                              [&] { return sink_->received().size(); }};
        for (const auto& check : mail_checks())
            EXPECT_EQ(failure_of(check, place).value_or(""), "") << check.name << " on " << url;
    }
}

TEST_F(SmtpServer, IsSpokenToInsideTlsAndLoggedIn) {
    auto mail = open(sink_->url("smtp", sink_->start_tls));
    auto message = to("ada@example.org");
    message.to.push_back({"bob@example.org"});
    const auto received = sink_->received(sent(*mail, message));
    EXPECT_TRUE(received.at("tls").as_bool());
    EXPECT_TRUE(received.at("authenticated").as_bool());
    EXPECT_EQ(text_or(received, "sender"), "sender@example.org");
    EXPECT_EQ(write_json(received.at("recipients")), R"(["ada@example.org","bob@example.org"])");
}

TEST_F(SmtpServer, TakesOtherLettersOnlyWhereItSaysSo) {
    auto mail = open(sink_->url("smtp", sink_->start_tls));
    const auto received = sink_->received(sent(*mail, to("jörg@example.org")));
    EXPECT_EQ(write_json(received.at("recipients")), R"(["jörg@example.org"])");
    EXPECT_EQ(write_json(received.at("options")), R"(["SMTPUTF8"])");
    auto ascii = open(fmt::format("smtp://127.0.0.1:{}?tls=none", sink_->plain));
    EXPECT_EQ(error_of(*ascii, to("jörg@example.org")).code, ErrorCode::invalid);
}

TEST_F(SmtpServer, RefusalsSayWhetherToTryAgain) {
    auto mail = open(sink_->url("smtp", sink_->start_tls));
    const auto before = sink_->received().size();
    const auto refused = error_of(*mail, to("refused@example.org"));
    EXPECT_EQ(refused.code, ErrorCode::invalid);
    EXPECT_EQ(integer_or(refused.details, "smtp_code", 0), 550);
    EXPECT_EQ(text_or(refused.details, "field"), "to");
    EXPECT_TRUE(refused.message.contains("No such mailbox")) << refused.message;
    auto half = to("ada@example.org");
    half.to.push_back({"refused@example.org"});
    EXPECT_EQ(error_of(*mail, half).code, ErrorCode::invalid);
    EXPECT_EQ(sink_->received().size(), before) << "all recipients or none";
    EXPECT_EQ(error_of(*mail, to("later@example.org")).code, ErrorCode::unavailable);
    EXPECT_EQ(error_of(*mail, to("spam@example.org")).code, ErrorCode::upstream);
    EXPECT_TRUE(run_to_end(mail->send(to("ada@example.org"))).has_value());
}

TEST_F(SmtpServer, RefusesAWrongPasswordWithoutShowingIt) {
    for (const auto& [scheme, port, more] :
         {std::tuple{"smtp", sink_->start_tls, ""}, std::tuple{"smtp", sink_->login, "&tls=none"}}) {
        auto options = store::smtp_options(sink_->url(scheme, port, more)).value();
        options.password = "another-secret";
        auto mail = store::open_smtp(options);
        const auto error = error_of(*mail, to("ada@example.org"));
        EXPECT_EQ(error.code, ErrorCode::upstream);
        EXPECT_EQ(integer_or(error.details, "smtp_code", 0), 535) << error.message;
        EXPECT_FALSE(error.message.contains("another-secret")) << error.message;
        options.user = "busy";
        EXPECT_EQ(error_of(*store::open_smtp(options), to("ada@example.org")).code, ErrorCode::unavailable);
    }
}

TEST_F(SmtpServer, InsistsOnTlsAndATrustedCertificate) {
    auto insisting = open(fmt::format("smtp://127.0.0.1:{}", sink_->plain));
    EXPECT_EQ(error_of(*insisting, to("ada@example.org")).code, ErrorCode::upstream);
    for (const auto& [scheme, port] : {std::pair{"smtp", sink_->start_tls}, std::pair{"smtps", sink_->implicit}}) {
        auto distrustful = open(fmt::format("{}://127.0.0.1:{}", scheme, port));
        const auto error = error_of(*distrustful, to("ada@example.org"));
        EXPECT_EQ(error.code, ErrorCode::unavailable);
        EXPECT_TRUE(error.message.contains("certificate is not trusted")) << error.message;
    }
    auto other_name = store::smtp_options(sink_->url("smtps", sink_->implicit)).value();
    other_name.host = "localhost";
    EXPECT_EQ(error_of(*store::open_smtp(other_name), to("ada@example.org")).code, ErrorCode::unavailable);
}

TEST_F(SmtpServer, IsCutInTheMiddle) {
    auto mail = open(sink_->url("smtp", sink_->start_tls));
    auto large = to("cut@example.org");
    large.text = std::string(4 << 20, 'x');
    EXPECT_EQ(error_of(*mail, large).code, ErrorCode::unavailable);
    const auto lost = error_of(*mail, to("lost@example.org"));
    EXPECT_EQ(lost.code, ErrorCode::unavailable);
    EXPECT_TRUE(bool_or(lost.details, "may_be_sent", false)) << "nobody knows whether it was taken";
    EXPECT_EQ(error_of(*mail, to("long@example.org")).code, ErrorCode::upstream);
    EXPECT_TRUE(run_to_end(mail->send(to("ada@example.org"))).has_value());
}

TEST_F(SmtpServer, SaysThatItsDiskIsFullAndGoesOn) {
    auto mail = open(sink_->url("smtp", sink_->start_tls));
    const auto before = sink_->received().size();
    const auto full = error_of(*mail, to("full@example.org"));
    EXPECT_EQ(full.code, ErrorCode::unavailable);
    EXPECT_EQ(integer_or(full.details, "smtp_code", 0), 452) << full.message;
    EXPECT_EQ(sink_->received().size(), before);
    EXPECT_TRUE(run_to_end(mail->send(to("ada@example.org"))).has_value());
}

TEST_F(SmtpServer, TakesNoMoreConnectionsForAWhile) {
    auto mail = open(fmt::format("smtp://127.0.0.1:{}?tls=none", sink_->limited), Milliseconds(2'000));
    const auto both = [&]() -> Task<void> {
        const auto holds = [&]() -> Task<void> {
            const auto slow = co_await mail->send(to("slow@example.org"));
            co_return slow ? fail(ErrorCode::internal, "it was sent") : Result<void>();
        };
        const auto waits = [&]() -> Task<void> {
            co_await sleep_for(Milliseconds(500));
            const auto refused = co_await mail->send(to("ada@example.org"));
            if (refused) co_return fail(ErrorCode::internal, "it was sent");
            EXPECT_EQ(refused.error().code, ErrorCode::unavailable) << refused.error().message;
            EXPECT_TRUE(refused.error().message.contains("Too many connections")) << refused.error().message;
            co_return Result<void>();
        };
        std::vector<Task<void>> tasks;
        tasks.push_back(holds());
        tasks.push_back(waits());
        for (const auto& result : co_await all_of(std::move(tasks))) SLIPWAY_CO_CHECK(Result<void>(result));
        co_return Result<void>();
    };
    const auto result = run_to_end(both());
    EXPECT_TRUE(result.has_value()) << result.error().message;
    EXPECT_TRUE(run_to_end(mail->send(to("ada@example.org"))).has_value()) << "the other has gone";
}

TEST_F(SmtpServer, IsFrozenOrDownAndComesBack) {
    auto mail = open(sink_->url("smtp", sink_->start_tls), Milliseconds(300));
    EXPECT_EQ(error_of(*mail, to("slow@example.org")).code, ErrorCode::unavailable);
    sink_->process->signal(SIGSTOP);
    EXPECT_EQ(error_of(*mail, to("ada@example.org")).code, ErrorCode::unavailable);
    sink_->process->signal(SIGCONT);
    sink_->process->stop();
    const auto down = error_of(*mail, to("ada@example.org"));
    EXPECT_EQ(down.code, ErrorCode::unavailable);
    EXPECT_TRUE(down.message.contains(std::to_string(sink_->start_tls))) << down.message;
    ASSERT_TRUE(sink_->process->start_again().has_value());
    auto again = open(sink_->url("smtp", sink_->start_tls));
    EXPECT_TRUE(run_to_end(again->send(to("ada@example.org"))).has_value());
    EXPECT_EQ(run_to_end(again->status()).value().engine.substr(0, 6), "smtp (");
}

}  // namespace
}  // namespace slipway::test
