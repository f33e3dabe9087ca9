// How a release ended, in a word, a sentence, and what was seen.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace slipway::deploy {

enum class Outcome : unsigned char {
    planned,           // a dry run: nothing was changed, and nothing is in the way
    serving,           // exactly this image serves, and whatever was to be checked is green
    refused,           // nothing was changed
    migration_failed,  // the service was not changed; the database may have been, by steps that succeeded
    rolled_back,       // the release is bad, the one before serves
    not_rolled_back,   // the release is bad and may be serving: a person is needed
    unknown,           // it went on when we stopped looking
    superseded,        // somebody began another deployment, or stopped this one
};
std::string_view to_string(Outcome outcome);
// 0 serving, planned; 1 refused, migration_failed; 3 rolled_back; 4 not_rolled_back; 5 unknown, superseded. (2 is wrong
// use.)
int exit_code(Outcome outcome);

// A task that ended by itself, or was ended because it was not well.
struct StoppedTask {
    std::string arn, code, reason;  // "EssentialContainerExited", "Essential container in task exited"
    std::string container;          // the one that ended it, or the released one
    std::string container_reason;   // "OutOfMemoryError: …"
    int exit_code = -1;             // of that container; -1: it never ran, or nobody knows

    std::string text() const;
};

struct Verdict {
    Outcome outcome = Outcome::refused;
    std::string reason;                // a sentence
    std::string image, revision;       // what was to serve: the image, "app:13"
    std::string before;                // "app:12"
    std::vector<StoppedTask> stopped;  // the last of them
    std::vector<std::string> log;      // the last lines of the last of them, redacted
    std::vector<std::string> notes;    // what else a person should know
    int interrupted = 0;               // tasks that Spot took away meanwhile

    json::object to_json() const;
    std::string to_text() const;  // lines
};

}  // namespace slipway::deploy
