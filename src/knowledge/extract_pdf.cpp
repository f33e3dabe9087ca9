// PDF through poppler's pdftotext, a program of its own in a child process: a hostile PDF can only hurt the child.
#include "base/child_process.h"
#include "base/text.h"
#include "knowledge/extract_formats.h"

namespace slipway::knowledge {
namespace {

// How far behind the end mark the file may go on: some writers append.
constexpr std::size_t kTailBytes = 64 << 10;

ChildLimits child_limits(const ExtractLimits& limits) {
    ChildLimits child;
    child.wall_time = limits.child_time;
    child.cpu_time =
        std::max(std::chrono::seconds(1), std::chrono::duration_cast<std::chrono::seconds>(limits.child_time * 2 / 3));
    child.memory_bytes = limits.child_memory_bytes;
    child.output_bytes_max = limits.child_output_bytes_max;
    return child;
}

std::unexpected<Error> broken(std::string_view name) {
    return reject("broken", "{} is damaged or cut off and cannot be read; make or transfer it again and upload that.",
                  name);
}

std::unexpected<Error> encrypted(std::string_view name) {
    return reject("encrypted", "{} is encrypted; remove the password and upload it again.", name);
}

// What the way it ended means.
Result<void> judge(const ChildOutcome& outcome, const BlockBuilder& blocks) {
    const auto name = blocks.name();
    switch (outcome.end) {
        case ChildOutcome::End::timed_out:
            return reject("timeout", "{} takes too long to read; split it, or print it to a new PDF and upload that.",
                          name);
        case ChildOutcome::End::output_exceeded: {
            auto error = reject("too_large", "{} holds too much text; split it into several documents.", name);
            error.error().details["limit"] = "child_output_bytes_max";
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
    // 1: it cannot be opened; 99: it has no pages.
    if (outcome.exit_code != 0) return broken(name);
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
        "-bbox-layout", "-enc", "UTF-8", "-l", std::to_string(limits.pages_max + 1), "-", "-"};
    SLIPWAY_TRY(const auto outcome, run_child(*program, arguments, bytes, child_limits(limits)));
    SLIPWAY_CHECK(judge(outcome, blocks));
    auto layout = read_pdf_layout(to_valid_utf8(outcome.output));
    if (layout.pages.size() > limits.pages_max) {
        auto error = reject("too_large", "{} has more than {} pages; split it into several documents.", blocks.name(),
                            limits.pages_max);
        error.error().details["limit"] = "pages_max";
        return error;
    }
    if (layout.pages.empty()) return broken(blocks.name());
    if (!layout.has_text)
        return reject("no_text",
                      "{} has no text layer: its pages are pictures, as from a scanner, or blank. Run OCR first (for "
                      "example with ocrmypdf) "
                      "and upload the result.",
                      blocks.name());
    if (is_real_title(layout.title)) blocks.extracted().title = std::move(layout.title);
    if (!layout.author.empty()) blocks.extracted().metadata["author"] = layout.author;
    read_pdf_pages(std::move(layout.pages), blocks);
    return {};
}

}  // namespace slipway::knowledge
