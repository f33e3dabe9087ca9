#include "store/mail/smtp.h"

#include <atomic>
#include <mutex>

#include "net/client_tls.h"
#include "net/service_url.h"
#include "store/mail/smtp_session.h"

namespace slipway::store {
namespace {

using Security = SmtpOptions::Security;

constexpr std::uint16_t kSubmissionPort = 587, kSubmissionsPort = 465;

// One of the messages on their way.
class Turn {
 public:
    Turn(std::atomic<std::size_t>& count, std::size_t max) : count_(count), taken_(count.fetch_add(1) < max) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() { count_.fetch_sub(1); }
    bool taken() const { return taken_; }

 private:
    std::atomic<std::size_t>& count_;
    bool taken_;
};

class Smtp final : public Mail {
 public:
    explicit Smtp(SmtpOptions options) : options_(std::move(options)) {}

    Task<std::string> send(Message message) override;
    Task<MailStatus> status() override;

 private:
    Result<asio::ssl::context*> tls();
    Task<std::unique_ptr<SmtpSession>> begin();

    SmtpOptions options_;
    net::Resolver resolver_;
    std::once_flag tls_once_;
    std::optional<Result<std::unique_ptr<asio::ssl::context>>> tls_;
    std::atomic<std::size_t> on_their_way_{0};
};

Result<asio::ssl::context*> Smtp::tls() {
    if (options_.security == Security::none) return nullptr;
    std::call_once(tls_once_, [this] { tls_.emplace(net::client_tls(options_.certificate_authorities)); });
    if (!*tls_) return std::unexpected(tls_->error());
    return (*tls_)->get();
}

Task<std::unique_ptr<SmtpSession>> Smtp::begin() {
    SLIPWAY_CO_TRY(auto* const context, tls());
    net::ClientRoute route;
    route.target.secure = options_.security == Security::tls;
    route.target.host = options_.host;
    route.target.port = options_.port;
    const net::ConnectOptions connecting{context, options_.connect_time_max};
    SLIPWAY_CO_TRY(auto connection, co_await net::connect(resolver_, std::move(route), connecting));
    const auto executor = co_await asio::this_coro::executor;
    auto session = std::make_unique<SmtpSession>(std::move(connection), options_, executor);
    SLIPWAY_CO_CHECK(co_await session->begin(context));
    co_return session;
}

Task<std::string> Smtp::send(Message message) {
    SLIPWAY_CO_TRY(const auto mail, compose(message, now()));
    const Turn turn(on_their_way_, options_.at_once_max);
    if (!turn.taken())
        co_return fail(ErrorCode::unavailable, "{} messages are on their way already; try again in a moment.",
                       options_.at_once_max);
    SLIPWAY_CO_TRY(auto session, co_await begin());
    SLIPWAY_CO_CHECK(co_await session->deliver(mail));
    co_await session->end();
    co_return mail.message_id;
}

Task<MailStatus> Smtp::status() {
    const auto begun = std::chrono::steady_clock::now();
    SLIPWAY_CO_TRY(auto session, co_await begin());
    MailStatus status;
    status.engine = fmt::format("smtp ({})", session->greeting());
    status.latency = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begun);
    co_await session->end();
    co_return status;
}

Result<void> check_words(const SmtpOptions& options) {
    const auto has_control = [](std::string_view text) {
        return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
    };
    if (has_control(options.user) || has_control(options.password) || has_control(options.hello) ||
        options.hello.contains(' '))
        return fail(ErrorCode::invalid, "The URL of the mail store holds a control character or a space.");
    return {};
}

}  // namespace

Result<SmtpOptions> smtp_options(std::string_view text) {
    SLIPWAY_TRY(auto url, net::parse_service_url(text));
    if (url.scheme != "smtp" && url.scheme != "smtps")
        return fail(ErrorCode::invalid, "The URL of a mail server begins with smtp:// or smtps://.");
    SmtpOptions options;
    options.host = url.host;
    options.user = url.user;
    options.password = url.password;
    options.security = url.scheme == "smtps" ? Security::tls : Security::start_tls;
    options.port = url.port != 0 ? url.port : url.scheme == "smtps" ? kSubmissionsPort : kSubmissionPort;
    if (const auto mode = url.take("tls")) {
        if (*mode != "none" || url.scheme == "smtps")
            return fail(ErrorCode::invalid, "The parameter tls of an smtp:// URL can only be none.");
        if (!url.is_loopback())
            return fail(ErrorCode::invalid, "tls=none is only for a mail server on this machine; {} is another.",
                        url.host);
        options.security = Security::none;
    }
    if (auto file = url.take("ca")) options.certificate_authorities = *file;
    if (auto name = url.take("hello")) options.hello = *name;
    SLIPWAY_CHECK(url.check_all_taken());
    if (!url.path.empty()) return fail(ErrorCode::invalid, "The URL of a mail server has no path.");
    SLIPWAY_CHECK(check_words(options));
    return options;
}

std::unique_ptr<Mail> open_smtp(SmtpOptions options) { return std::make_unique<Smtp>(std::move(options)); }

}  // namespace slipway::store
