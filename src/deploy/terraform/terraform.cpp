#include "deploy/terraform/terraform.h"

#include <algorithm>
#include <fstream>

#include "app/manifest/values.h"
#include "base/child_process.h"
#include "base/private_folder.h"
#include "base/text.h"
#include "deploy/provider/provider.h"

namespace slipway::deploy {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCopyBytesMax = 64 << 20;
constexpr std::size_t kWordsBytesMax = 4000;  // of Terraform's own message

fs::path common_of(const std::vector<fs::path>& folders) {
    auto common = folders.front();
    for (const auto& folder : folders)
        while (!common.empty() && common != common.root_path()) {
            const auto relative = folder.lexically_relative(common);
            if (!relative.empty() && *relative.begin() != "..") break;
            common = common.parent_path();
        }
    return common;
}

bool is_left_out(const fs::path& name) {
    return name == ".terraform" || name == "tests" || name.extension() == ".tfstate" || name.extension() == ".backup" ||
           name == ".terraform.lock.hcl" || name.string().ends_with("_override.tf");
}

Result<void> copy_folder(const fs::path& from, const fs::path& to, std::size_t& bytes) {
    std::error_code error;
    fs::create_directories(to, error);
    for (fs::directory_iterator entry(from, error), end; !error && entry != end; entry.increment(error)) {
        const auto name = entry->path().filename();
        if (is_left_out(name)) continue;
        if (entry->is_directory(error)) {
            SLIPWAY_CHECK(copy_folder(entry->path(), to / name, bytes));
            continue;
        }
        if (!entry->is_regular_file(error)) continue;  // links to files are followed
        bytes += entry->file_size(error);
        if (bytes > kCopyBytesMax)
            return fail(ErrorCode::invalid, "The stack is larger than {}.", app::format_bytes(kCopyBytesMax));
        fs::copy_file(entry->path(), to / name, fs::copy_options::overwrite_existing, error);
    }
    if (error) return fail(ErrorCode::unavailable, "'{}' cannot be copied: {}.", from.string(), error.message());
    return {};
}

// What Terraform lays over the stack: no credentials are asked for, no account, no state elsewhere.
std::string overrides(const Sources& sources) {
    std::string text;
    if (!sources.backend().empty()) text += "terraform {\n  backend \"local\" {}\n}\n";
    for (const auto& alias : sources.provider_aliases()) {
        text += "provider \"aws\" {\n";
        if (!alias.empty()) text += fmt::format("  alias = \"{}\"\n", alias);
        text +=
            "  access_key = \"offline\"\n  secret_key = \"offline\"\n  skip_credentials_validation = true\n"
            "  skip_metadata_api_check = true\n  skip_requesting_account_id = true\n}\n";
    }
    return text;
}

// Where Terraform looks for providers by itself, and distributions put them.
bool has_provider(const fs::path& home) {
    std::vector<fs::path> places{"/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins"};
    if (!home.empty())
        for (const auto* const below : {".terraform.d/plugins", ".local/share/terraform/plugins"})
            places.push_back(home / below);
    std::error_code error;
    for (const auto& place : places)
        for (fs::directory_iterator source(place, error), end; !error && source != end; source.increment(error))
            if (fs::exists(source->path() / "hashicorp/aws", error)) return true;
    return false;
}

// Null where Terraform is to find the real one.
Result<std::unique_ptr<SchemaProvider>> schema_provider(const StackRun& run, const fs::path& work) {
    if (!run.plugins.empty() || has_provider(run.home)) return nullptr;
    auto started = SchemaProvider::start(work);
    if (!started && started.error().code == ErrorCode::not_found) return nullptr;
    return started;
}

class Terraform {
 public:
    Terraform(std::string program, const fs::path& folder, const fs::path& work, const StackRun& run,
              const SchemaProvider* provider)
        : program_(std::move(program)), folder_(folder) {
        environment_ = {fmt::format("TF_DATA_DIR={}", (work / "data").string()),
                        "TF_IN_AUTOMATION=1",
                        "TF_INPUT=0",
                        "CHECKPOINT_DISABLE=1",
                        "AWS_EC2_METADATA_DISABLED=true",
                        fmt::format("TMPDIR={}", work.string())};
        if (!run.home.empty()) environment_.push_back(fmt::format("HOME={}", run.home.string()));
        if (run.home.empty()) environment_.push_back("TF_CLI_CONFIG_FILE=/dev/null");
        if (provider != nullptr) environment_.push_back(provider->environment());
    }

    Result<std::string> run(std::vector<std::string> arguments, std::chrono::seconds limit) const {
        arguments.insert(arguments.begin(), fmt::format("-chdir={}", folder_.string()));
        const ChildLimits limits{
            .wall_time = limit,
            .cpu_time = std::chrono::duration_cast<std::chrono::seconds>(limit * 4),
            .memory_bytes = std::numeric_limits<std::size_t>::max(),  // Go reserves what it never uses
            .output_bytes_max = 128 << 20,
            .error_bytes_max = 256 << 10,
            .file_bytes_max = 1 << 30,
            .open_files_max = 4096};
        SLIPWAY_TRY(auto outcome, run_child(program_, arguments, "", limits, environment_));
        if (outcome.end == ChildOutcome::End::timed_out)
            return fail(ErrorCode::unavailable, "`terraform {}` was not done within {} s.", arguments[1],
                        limit.count());
        if (outcome.end != ChildOutcome::End::exited || outcome.exit_code != 0)
            return fail(ErrorCode::invalid, "`terraform {}` refused:\n{}", arguments[1],
                        cut_utf8(trim(outcome.errors), kWordsBytesMax));
        return std::move(outcome.output);
    }

 private:
    std::string program_;
    fs::path folder_;
    std::vector<std::string> environment_;
};

Result<std::string> run_steps(const Terraform& terraform, const fs::path& work, const StackRun& run,
                              const std::function<void(std::string_view)>& progress) {
    progress("terraform init");
    std::vector<std::string> init{"init", "-input=false", "-no-color"};
    std::error_code error;
    if (!run.plugins.empty()) init.push_back(fmt::format("-plugin-dir={}", fs::absolute(run.plugins, error).string()));
    auto begun = terraform.run(init, std::chrono::seconds(300));
    if (!begun && begun.error().message.contains("available provider packages"))
        return fail(
            ErrorCode::unavailable,
            "Terraform finds no provider for AWS: neither its registry can be reached nor lies one in its plug-in "
            "folders. Give a folder that has it with --plugins DIR, or by SLIPWAY_TERRAFORM_PLUGINS.");
    if (!begun) return pass(begun);
    progress("terraform plan");
    const auto file = (work / "plan.bin").string();
    std::vector<std::string> plan{"plan", "-input=false", "-no-color", "-lock=false", "-refresh=false", "-out=" + file};
    for (const auto& variables : run.variable_files)
        plan.push_back(fmt::format("-var-file={}", fs::absolute(variables, error).string()));
    for (const auto& variable : run.variables) plan.push_back(fmt::format("-var={}", variable));
    SLIPWAY_CHECK(terraform.run(plan, std::chrono::seconds(300)));
    progress("terraform show");
    return terraform.run({"show", "-json", "-no-color", file}, std::chrono::seconds(60));
}

}  // namespace

Result<std::string> plan_stack(const Sources& sources, const StackRun& run,
                               const std::function<void(std::string_view step)>& progress) {
    const auto program = find_program("terraform");
    if (!program)
        return fail(
            ErrorCode::not_found,
            "Terraform is not installed. Get 1.11 or later from developer.hashicorp.com/terraform/install, or give "
            "a plan that was made elsewhere: --plan FILE, from `terraform show -json`.");
    // Removed with all that Terraform put there: a plan may hold secrets.
    SLIPWAY_TRY(const auto work, PrivateFolder::make("plan"));
    const auto common = common_of(sources.folders);
    std::size_t bytes = 0;
    for (const auto& folder : sources.folders)
        SLIPWAY_CHECK(copy_folder(folder, work.path() / "stack" / folder.lexically_relative(common), bytes));
    const auto folder = (work.path() / "stack" / sources.stack.lexically_relative(common)).lexically_normal();
    std::ofstream(folder / "slipway_override.tf") << overrides(sources);
    SLIPWAY_TRY(const auto provider, schema_provider(run, work.path()));
    if (provider != nullptr && run.note)
        run.note(fmt::format("planned by the schema of AWS provider {}, as the provider itself is not installed.",
                             provider->version()));
    return run_steps(Terraform(*program, folder, work.path(), run, provider.get()), work.path(), run, progress);
}

}  // namespace slipway::deploy
