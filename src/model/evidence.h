// Whether passages answer a question, judged by meaning. Internal to the local model. Pure.
//
// A logistic regression over how near the question is to the best passage and to the best sentence (cosines of
// all-MiniLM-L6-v2), and whether it asks for one particular fact, which being near does not bring: "how many calories
// are in a cup of rice" is near every text about rice. Fitted on the tuning questions of tests/retrieval (130, 40
// of them without an answer); what it is worth is measured on the other questions there.
#pragma once

#include <string_view>

namespace slipway::model {

struct Evidence {
    double passage = 0;   // the largest cosine of question and passage
    double sentence = 0;  // the same of question and sentence
    bool asks_for_fact = false;

    double chance() const;  // that the passages answer, 0 to 1
};

// "How many …", "which …", "who …", "when is …", "what is the …". English; questions of other languages ask for none.
bool asks_for_fact(std::string_view question, std::string_view language);

}  // namespace slipway::model
