// The rules of a guard node, in a YAML file of the application:
//
//     classes:
//       medical:
//         action: disclaim                 # append `text` once; or `replace`: the answer ends with `text`
//         question: true                   # look at the user's message as well as at the answer (the default)
//         keywords: [diagnosis, dosage]    # words and phrases, matched as whole words, case and accents folded
//         phrases: [should I take]         # the same; apart only for the reader
//         except: [dosage of sunshine]     # a match inside one of these does not count
//         others: [friend, she]            # with replace: where the nearest word for a person is one of these,
//         speaker: [i, my]                 # and not one of these, the answer stays and others_text is appended
//         text: …
//         others_text: …
#pragma once

#include <filesystem>
#include <vector>

#include "agent/guard.h"
#include "app/manifest/keys.h"
#include "app/manifest/problem.h"
#include "base/environment.h"

namespace slipway::app {

// What can be read; all that is wrong is in `problems`, whose file is `file`.
std::vector<agent::GuardClass> load_guard_rules(const std::filesystem::path& file, const Environment& environment,
                                                Problems& problems);

// The keys of the file, for the reference.
void describe_guard_rules(Keys& keys);

}  // namespace slipway::app
