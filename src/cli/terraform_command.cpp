#include "cli/terraform_command.h"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <CLI/CLI.hpp>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child_process.h"
#include "base/private_folder.h"
#include "cli/command.h"
#include "deploy/provider/provider.h"

namespace slipway::cli {
namespace {

// With our terminal, folder and environment, and `added`; its exit code, or 128 and its signal as shells say it.
Result<int> run_beside(const std::string& program, std::vector<std::string> arguments, std::string added) {
    arguments.insert(arguments.begin(), program);
    std::vector<char*> words, variables;
    for (auto& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    const auto name = added.substr(0, added.find('=') + 1);
    for (char** variable = environ; *variable != nullptr; ++variable)
        if (!std::string_view(*variable).starts_with(name)) variables.push_back(*variable);
    variables.push_back(added.data());
    variables.push_back(nullptr);
    pid_t child = 0;
    const int failed = ::posix_spawn(&child, program.c_str(), nullptr, nullptr, words.data(), variables.data());
    if (failed != 0)
        return fail(ErrorCode::unavailable, "{} could not be started: {}.", program, std::strerror(failed));
    // Control-C goes to Terraform, too, which ends in its own way.
    std::signal(SIGINT, SIG_IGN);
    int state = 0;
    while (::waitpid(child, &state, 0) < 0)
        if (errno != EINTR) return fail(ErrorCode::unavailable, "{} was lost.", program);
    return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

Result<int> run_terraform(const std::vector<std::string>& arguments) {
    const auto program = find_program("terraform");
    if (!program)
        return fail(ErrorCode::not_found, "Terraform is not installed: put version 1.11 or later on the PATH.");
    SLIPWAY_TRY(const auto folder, PrivateFolder::make("terraform"));
    SLIPWAY_TRY(const auto provider, deploy::SchemaProvider::start(folder.path()));
    return run_beside(*program, arguments, provider->environment());
}

}  // namespace

void add_terraform(CLI::App& app, int& code) {
    auto* terraform =
        app.add_subcommand("terraform", "Run Terraform without the AWS provider, an account or a network");
    terraform->footer(R"(
Terraform is told what the AWS provider knows of its resources, by a provider in this program:
  slipway terraform -chdir=STACK init -backend=false
  slipway terraform -chdir=STACK validate
  slipway terraform -chdir=STACK test
What AWS itself would say (names that are taken, versions, quotas) is not known, and `apply` only pretends.)");
    terraform->prefix_command();
    terraform->callback([terraform, &code] {
        const auto done = run_terraform(terraform->remaining());
        code = done ? *done : report(done.error());
    });
}

}  // namespace slipway::cli
