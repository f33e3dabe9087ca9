// PDF through poppler's pdftotext, a program of its own in a child process: a hostile PDF can only hurt the child.
#include "base/child_process.h"
#include "base/text.h"
#include "knowledge/extract_formats.h"

namespace slipway::knowledge {
namespace {

// How far behind the end mark the file may go on: some writers append.
constexpr std::size_t kTailBytes = 64 << 10;
constexpr std::size_t kTitleBytesMax = 200;

ChildLimits child_limits(const ExtractLimits& limits) {
    ChildLimits child;
    child.wall_time = limits.child_time;
    child.cpu_time =
        std::max(std::chrono::seconds(1), std::chrono::duration_cast<std::chrono::seconds>(limits.child_time * 2 / 3));
    child.memory_bytes = limits.child_memory_bytes;
    // Spaces and lines that we drop are in it, too.
    child.output_bytes_max = limits.text_bytes_max * 2;
    return child;
}

std::unexpected<Error> broken(std::string_view name) {
    return reject("broken", "{} is damaged or cut off and cannot be read; make or transfer it again and upload that.",
                  name);
}

std::unexpected<Error> encrypted(std::string_view name) {
    return reject("encrypted", "{} is encrypted; remove the password and upload it again.", name);
}

// What the way it ended means. Exit codes: man pdftotext.
Result<void> judge(const ChildOutcome& outcome, const BlockBuilder& blocks) {
    constexpr int kCannotOpen = 1;
    constexpr int kNotAllowed = 3;
    const auto name = blocks.name();
    switch (outcome.end) {
        case ChildOutcome::End::timed_out:
            return reject("timeout", "{} takes too long to read; split it, or print it to a new PDF and upload that.",
                          name);
        case ChildOutcome::End::output_exceeded: {
            auto error = reject("too_large", "{} holds too much text; split it into several documents.", name);
            error.error().details["limit"] = "text_bytes_max";
            return error;
        }
        case ChildOutcome::End::killed:
        case ChildOutcome::End::exited:
            break;
    }
    const bool no_memory = outcome.errors.contains("bad_alloc") || outcome.errors.contains("ut of memory");
    if (no_memory) {
        auto error =
            reject("too_large", "{} needs more memory to read than is allowed; split it into several documents.", name);
        error.error().details["limit"] = "child_memory_bytes";
        return error;
    }
    if (outcome.end == ChildOutcome::End::killed) return broken(name);
    if (outcome.errors.contains("Incorrect password")) return encrypted(name);
    if (outcome.exit_code == kNotAllowed)
        return reject("encrypted", "{} forbids copying its text; remove that protection and upload it again.", name);
    if (outcome.exit_code == kCannotOpen) return broken(name);
    if (outcome.exit_code != 0)
        return fail(ErrorCode::unavailable, "{} could not be read: pdftotext ended with code {}.", name,
                    outcome.exit_code);
    return {};
}

// "Title:   The Road" in pdfinfo's output.
std::string field_of(std::string_view info, std::string_view name) {
    for (const auto line : split(info, '\n'))
        if (line.starts_with(name) && line.substr(name.size()).starts_with(':'))
            return std::string(cut_utf8(collapse_spaces(to_valid_utf8(line.substr(name.size() + 1))), kTitleBytesMax));
    return {};
}

// Programs write the file's name or their own where a title should be.
bool is_real_title(std::string_view title) {
    const auto extension = extension_of(title);
    const bool file_name = !title.contains(' ') && extension.size() > 1 && extension.size() <= 5;
    const auto lowered = lower_ascii(title);
    return !title.empty() && !file_name && !lowered.starts_with("microsoft word") && !lowered.starts_with("untitled") &&
           lowered != "about:blank";
}

// Title and author are a courtesy: without them the document is as good.
void read_info(std::string_view bytes, BlockBuilder& blocks) {
    const auto program = find_program(blocks.limits().pdfinfo);
    if (!program) return;
    auto limits = child_limits(blocks.limits());
    limits.output_bytes_max = 64 << 10;
    const auto outcome = run_child(*program, {"-enc", "UTF-8", "-"}, bytes, limits);
    if (!outcome || outcome->end != ChildOutcome::End::exited || outcome->exit_code != 0) return;
    if (auto title = field_of(outcome->output, "Title"); is_real_title(title))
        blocks.extracted().title = std::move(title);
    if (auto author = field_of(outcome->output, "Author"); !author.empty())
        blocks.extracted().metadata["author"] = std::move(author);
}

}  // namespace

Result<void> read_pdf(std::string_view bytes, BlockBuilder& blocks) {
    const auto& limits = blocks.limits();
    const auto program = find_program(limits.pdftotext);
    if (!program)
        return fail(ErrorCode::unavailable,
                    "PDF cannot be read on this machine: {} is not installed. Install poppler-utils (apt-get install "
                    "poppler-utils).",
                    limits.pdftotext);
    // poppler would repair a cut file silently, and half a document would pass for a whole one.
    const auto tail = bytes.substr(bytes.size() - std::min(bytes.size(), kTailBytes));
    if (!tail.contains("startxref") && !tail.contains("%%EOF")) return broken(blocks.name());
    const std::vector<std::string> arguments{
        "-enc", "UTF-8", "-eol", "unix", "-l", std::to_string(limits.pages_max + 1), "-", "-"};
    SLIPWAY_TRY(const auto outcome, run_child(*program, arguments, bytes, child_limits(limits)));
    SLIPWAY_CHECK(judge(outcome, blocks));
    const auto pages = static_cast<std::size_t>(std::ranges::count(outcome.output, '\f'));
    if (pages > limits.pages_max) {
        auto error = reject("too_large", "{} has more than {} pages; split it into several documents.", blocks.name(),
                            limits.pages_max);
        error.error().details["limit"] = "pages_max";
        return error;
    }
    if (pages == 0) return broken(blocks.name());
    if (trim(replace_all(outcome.output, "\f", " ")).empty())
        return reject("no_text",
                      "{} has no text layer: its pages are pictures, as from a scanner. Run OCR first (for example "
                      "ocrmypdf) and upload the result.",
                      blocks.name());
    read_pdf_pages(to_valid_utf8(outcome.output), blocks);
    read_info(bytes, blocks);
    return {};
}

}  // namespace slipway::knowledge
