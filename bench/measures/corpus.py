"""Documents that look like prose, the same on every machine: words by Zipf's law, sentences, paragraphs, headings in Markdown."""

import bisect
import itertools
import random

ONSETS = ("b", "br", "c", "ch", "cl", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "pl", "pr", "qu", "r", "s", "sh", "st",
          "str", "t", "th", "tr", "v", "w", "")
VOWELS = ("a", "e", "i", "o", "u", "ea", "ou", "ai", "io")
CODAS = ("", "", "n", "r", "s", "t", "l", "m", "nd", "st", "ck", "ng", "rt")
COMMON = ("the of and a to in is was he for it with as his on be at by I this had not are but from or have an they which one you were her all "
          "she there would their we him been has when who will more no if out so said what up its about into than them can only other new").split()
VOCABULARY = 20_000


class Prose:
    """Deterministic in `seed`: the same calls give the same text."""

    def __init__(self, seed):
        self._chance = random.Random(seed)
        spelling = random.Random(1)  # one vocabulary for all seeds
        words = dict.fromkeys(COMMON)
        while len(words) < VOCABULARY:
            syllables = spelling.choices((1, 2, 3, 4), (2, 5, 3, 1))[0]
            words["".join(spelling.choice(ONSETS) + spelling.choice(VOWELS) + spelling.choice(CODAS) for _ in range(syllables))] = None
        self.words = list(words)
        self._weights = list(itertools.accumulate(1 / (rank + 2.7) for rank in range(VOCABULARY)))  # Zipf and Mandelbrot

    def pick(self, count):
        total = self._weights[-1]
        return [self.words[bisect.bisect(self._weights, self._chance.random() * total)] for _ in range(count)]

    def sentence(self, shortest=6, longest=24):
        words = self.pick(self._chance.randint(shortest, longest))
        if len(words) > 10:
            words[len(words) // 2] += ","
        return " ".join(words).capitalize() + "."

    def title(self):
        return " ".join(self.pick(self._chance.randint(2, 5))).title()

    def document(self, size):
        """About `size` bytes of Markdown."""
        parts, length = [f"# {self.title()}"], 0
        while length < size:
            if len(parts) % 6 == 0:
                parts.append(f"## {self.title()}")
            parts.append(" ".join(self.sentence() for _ in range(self._chance.randint(2, 7))))
            length += len(parts[-1]) + 2
        return "\n\n".join(parts) + "\n"

    def documents(self, count, smallest=2_000, largest=50_000):
        """Sizes spread evenly over the logarithm: many short ones, some long."""
        for _ in range(count):
            yield self.document(smallest * (largest / smallest) ** self._chance.random())

    def question(self):
        """Words of the middle of the vocabulary, as questions have them, with some of those that all sentences have."""
        rare = [self.words[int(60 * (4_000 / 60) ** self._chance.random())] for _ in range(self._chance.randint(2, 4))]
        return " ".join(["what", "is", "the", *rare])
