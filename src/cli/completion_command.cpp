// slipway completion: scripts for shells. The commands are few and fixed, so the lists stand here; a test compares them
// with --help.
#include <cstdio>

#include "cli/commands.h"

namespace slipway::cli {
namespace {

constexpr std::string_view kCommands =
    "serve check ingest search reindex ask chat status health backup restore migrate "
    "copy users tokens keys workspaces jobs audit plan terraform deploy verify lambda new completion version";
constexpr std::string_view kUserCommands = "list create password role block unblock sessions end-sessions reset import";

constexpr std::string_view kBash = R"(_slipway() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{0}" -- "$current"))
  elif [ "${{COMP_WORDS[1]}}" = users ] && [ "$COMP_CWORD" -eq 2 ]; then
    COMPREPLY=($(compgen -W "{1}" -- "$current"))
  elif [[ "$current" == -* ]]; then
    local options="--help --data --host --port --namespace --limit --json --explain --role --email --replace"
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}}
complete -o filenames -F _slipway slipway
)";

constexpr std::string_view kZsh = R"(#compdef slipway
_slipway() {{
  if (( CURRENT == 2 )); then
    compadd {0}
  elif [[ ${{words[2]}} == users ]] && (( CURRENT == 3 )); then
    compadd {1}
  else
    _files
  fi
}}
compdef _slipway slipway
)";

constexpr std::string_view kFish = R"(complete -c slipway -n __fish_use_subcommand -f -a "{0}"
complete -c slipway -n "__fish_seen_subcommand_from users" -a "{1}"
complete -c slipway -l help -l data -l host -l port -l namespace -l limit -l json -l explain -l role -l email -l replace
)";

}  // namespace

int completion(const std::string& shell) {
    const auto script = shell == "bash" ? kBash : shell == "zsh" ? kZsh : kFish;
    fmt::print(fmt::runtime(script), kCommands, kUserCommands);
    return kDone;
}

}  // namespace slipway::cli
