// Links and forms: they open what they name, for as long as they say, and nothing else.
#include <algorithm>

#include "base/text.h"
#include "store/objects/conformance_parts.h"

namespace slipway::test {
namespace {

using store::Access;
using store::FormLimits;
using store::Objects;

const WorkspaceId kHere{"here"};
const WorkspaceId kThere{"there"};
constexpr Milliseconds kMinute = std::chrono::minutes(1);

bool refused(const LinkAnswer& answer) { return answer.status == 401 || answer.status == 403; }

Task<int> status_of(ObjectsPlace& place, Objects& objects, LinkUse::Kind kind, std::string url, std::string data = "") {
    LinkUse use{.kind = kind, .url = std::move(url), .data = std::move(data)};
    SLIPWAY_CO_TRY(const auto answer, co_await place.use(objects, std::move(use)));
    co_return answer.status;
}

Task<void> links_are_made(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    SLIPWAY_CO_TRY(const auto get, co_await objects->presign(kHere, "a/b c.pdf", Access::get, kMinute));
    SLIPWAY_CO_TRY(const auto put, co_await objects->presign(kHere, "a/b c.pdf", Access::put, kMinute));
    SLIPWAY_CO_TRY(const auto other, co_await objects->presign(kThere, "a/b c.pdf", Access::get, kMinute));
    SLIPWAY_CO_CHECK(expect(get.url != put.url && get.url != other.url, "a link is for one access and one workspace"));
    SLIPWAY_CO_CHECK(expect(!get.url.contains(' '), "a link is a URL"));
    SLIPWAY_CO_CHECK(expect(get.expires > now() && get.expires <= now() + 2 * kMinute, "a link says when it ends"));
    const auto never = co_await objects->presign(kHere, "a", Access::get, Milliseconds(0));
    SLIPWAY_CO_CHECK(expect_error(never, ErrorCode::invalid, "a link for no time"));
    const auto ever = co_await objects->presign(kHere, "a", Access::get, std::chrono::days(8));
    co_return expect_error(ever, ErrorCode::invalid, "a link for more than 7 days");
}

Task<void> links_open_what_they_name(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    const std::string key = "a/b c+d \xC3\xA4.txt";
    SLIPWAY_CO_TRY(const auto put, co_await objects->presign(kHere, key, Access::put, kMinute));
    SLIPWAY_CO_TRY(const auto stored, co_await status_of(place, *objects, LinkUse::Kind::put, put.url, "by a link"));
    SLIPWAY_CO_CHECK(expect(stored == 200 || stored == 204, fmt::format("a put by a link, not {}", stored)));
    SLIPWAY_CO_TRY(const auto object, co_await objects->get(kHere, key));
    SLIPWAY_CO_CHECK(expect(object.data == "by a link", "what was put by a link"));
    SLIPWAY_CO_TRY(const auto get, co_await objects->presign(kHere, key, Access::get, kMinute));
    LinkUse use{.kind = LinkUse::Kind::get, .url = get.url};
    SLIPWAY_CO_TRY(const auto answer, co_await place.use(*objects, use));
    SLIPWAY_CO_CHECK(expect(answer.status == 200 && answer.body == "by a link", "what is got by a link"));
    SLIPWAY_CO_TRY(const auto named, co_await objects->presign(kHere, key, Access::get, kMinute, "report.pdf"));
    SLIPWAY_CO_TRY(const auto opened, co_await status_of(place, *objects, LinkUse::Kind::get, named.url));
    const auto renamed = replace_all(named.url, "report", "resort");
    SLIPWAY_CO_TRY(const auto refused, co_await status_of(place, *objects, LinkUse::Kind::get, renamed));
    co_return expect(opened == 200 && renamed != named.url && refused == 403, "a link names the file it is kept as");
}

Task<void> links_open_nothing_else(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    for (const auto& workspace : {kHere, kThere}) {
        SLIPWAY_CO_CHECK(co_await objects->put(workspace, "mine", "of " + workspace.value, "text/plain"));
    }
    SLIPWAY_CO_TRY(const auto get, co_await objects->presign(kHere, "mine", Access::get, kMinute));
    const auto theirs = replace_all(get.url, "here/mine", "there/mine");
    SLIPWAY_CO_CHECK(expect(theirs != get.url, "the workspace stands in the link"));
    const std::vector<std::string> changed{theirs, replace_all(get.url, "here/mine", "here/other"),
                                           get.url.substr(0, get.url.size() - 1) + (get.url.ends_with('0') ? "1" : "0"),
                                           get.url.substr(0, get.url.find('?'))};
    for (const auto& url : changed) {
        LinkUse use{.kind = LinkUse::Kind::get, .url = url};
        SLIPWAY_CO_TRY(const auto answer, co_await place.use(*objects, std::move(use)));
        SLIPWAY_CO_CHECK(expect(refused(answer), fmt::format("a changed link is refused, not {}", answer.status)));
        SLIPWAY_CO_CHECK(expect(!answer.body.contains("of there"), "nothing of another workspace"));
    }
    SLIPWAY_CO_TRY(const auto put, co_await status_of(place, *objects, LinkUse::Kind::put, get.url, "x"));
    SLIPWAY_CO_CHECK(expect(put == 401 || put == 403, "a link for reading does not write"));
    SLIPWAY_CO_TRY(const auto writing, co_await objects->presign(kHere, "mine", Access::put, kMinute));
    SLIPWAY_CO_TRY(const auto got, co_await status_of(place, *objects, LinkUse::Kind::get, writing.url));
    co_return expect(got == 401 || got == 403, "a link for writing does not read");
}

Task<void> links_end(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    SLIPWAY_CO_CHECK(co_await objects->put(kHere, "a", "x", "text/plain"));
    SLIPWAY_CO_TRY(const auto link, co_await objects->presign(kHere, "a", Access::get, std::chrono::seconds(1)));
    for (int i = 0; i < 100; ++i) {
        SLIPWAY_CO_TRY(const auto status, co_await status_of(place, *objects, LinkUse::Kind::get, link.url));
        if (status == 403) co_return Result<void>();
        SLIPWAY_CO_CHECK(expect(status == 200, fmt::format("a link is open or refused, not {}", status)));
        co_await sleep_for(Milliseconds(100));
    }
    co_return fail(ErrorCode::internal, "expected: a link ends");
}

// The fields, with another value for one of them.
auto with(std::vector<std::pair<std::string, std::string>> fields, std::string_view name, std::string value) {
    const auto found = std::ranges::find(fields, name, &std::pair<std::string, std::string>::first);
    if (found != fields.end()) {
        found->second = std::move(value);
    } else {
        fields.emplace_back(std::string(name), std::move(value));
    }
    return fields;
}

Task<void> forms_take_what_they_allow(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    const FormLimits limits{.content_type = "image/", .bytes_min = 3, .bytes_max = 5};
    SLIPWAY_CO_TRY(const auto form, co_await objects->presign_form(kHere, "pictures/a.png", limits, kMinute));
    const auto png = with(form.fields, "Content-Type", "image/png");
    struct Case {
        std::string data;
        std::vector<std::pair<std::string, std::string>> fields;
    };
    const std::vector<Case> bad{{"12", png},
                                {"123456", png},
                                {"1234", with(png, "Content-Type", "text/html")},
                                {"1234", with(png, form.fields.back().first, std::string(64, '0'))}};
    for (const auto& [data, fields] : bad) {
        LinkUse use{.kind = LinkUse::Kind::form, .url = form.url, .data = data, .fields = fields};
        SLIPWAY_CO_TRY(const auto answer, co_await place.use(*objects, std::move(use)));
        SLIPWAY_CO_CHECK(expect(answer.status >= 400 && answer.status < 500, "a form takes only what it allows"));
        const auto got = co_await objects->head(kHere, "pictures/a.png");
        SLIPWAY_CO_CHECK(expect_error(got, ErrorCode::not_found, "what a form refused"));
    }
    LinkUse use{.kind = LinkUse::Kind::form, .url = form.url, .data = "1234", .fields = png};
    SLIPWAY_CO_TRY(const auto answer, co_await place.use(*objects, std::move(use)));
    SLIPWAY_CO_CHECK(
        expect(answer.status == 200 || answer.status == 204, fmt::format("a form is taken, not {}", answer.status)));
    SLIPWAY_CO_TRY(const auto object, co_await objects->get(kHere, "pictures/a.png"));
    co_return expect(object.data == "1234" && object.info.content_type == "image/png", "what a form brought");
}

Task<void> forms_are_for_one_object(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    const FormLimits limits{.content_type = "text/plain", .bytes_max = 100};
    SLIPWAY_CO_TRY(const auto form, co_await objects->presign_form(kHere, "mine", limits, kMinute));
    SLIPWAY_CO_TRY(const auto other, co_await objects->presign_form(kThere, "mine", limits, kMinute));
    for (std::size_t i = 0; i < form.fields.size(); ++i) {
        if (form.fields[i] == other.fields[i]) continue;
        LinkUse use{.kind = LinkUse::Kind::form, .url = form.url, .data = "x", .fields = form.fields};
        use.fields[i] = other.fields[i];
        SLIPWAY_CO_TRY(const auto answer, co_await place.use(*objects, std::move(use)));
        SLIPWAY_CO_CHECK(expect(refused(answer), fmt::format("a changed form is refused, not {}", answer.status)));
    }
    SLIPWAY_CO_TRY(const auto left, co_await objects->list(kThere, "", 10, std::nullopt));
    SLIPWAY_CO_CHECK(expect(left.objects.empty(), "nothing came to the other workspace"));
    const FormLimits none{.content_type = "text/plain", .bytes_min = 2, .bytes_max = 1};
    const auto bad = co_await objects->presign_form(kHere, "mine", none, kMinute);
    SLIPWAY_CO_CHECK(expect_error(bad, ErrorCode::invalid, "a form that allows nothing"));
    const auto ever = co_await objects->presign_form(kHere, "mine", limits, std::chrono::days(8));
    co_return expect_error(ever, ErrorCode::invalid, "a form for more than 7 days");
}

constexpr ObjectsCheck kChecks[] = {
    {"links_are_made", links_are_made},
    {"links_open_what_they_name", links_open_what_they_name},
    {"links_open_nothing_else", links_open_nothing_else},
    {"links_end", links_end},
    {"forms_take_what_they_allow", forms_take_what_they_allow},
    {"forms_are_for_one_object", forms_are_for_one_object},
};

}  // namespace

std::span<const ObjectsCheck> link_checks() { return kChecks; }

}  // namespace slipway::test
