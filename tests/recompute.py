"""Every number in the prose and in the chart titles of the executed notebooks, recomputed from data/*.csv without the library.

python tests/recompute.py [notebook ...] prints a table (notebook, sentence, name, said, recomputed, same or differs) and what is covered; it fails
where a number differs. What each number is meant to be stands in recompute_rules.py, in terms of the company, measure and period that the
sentence names: another metric or another period would differ.
"""

import base64
import re
import struct
import sys
import zlib
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))

import recompute_ledger
import recompute_rules
from recompute_ledger import ROOT, Ledger

# differences that are reported and not mended yet: notebook, sentence, name -> why; one that is gone has to go from here
KNOWN: dict[tuple[str, str, str], str] = {}
# numbers that this script does not work again: notebook, sentence, name -> why; a test holds that there are no others
BEYOND = {
    ("06", "Not all reports can be true", "sets in all"): "every smallest set of reports that contradict each other takes a linear programme; that the smallest one does is worked",
    ("06", "- A revenue of Q3 2026", "low bound"): "what a quarter can have been by most reports takes a linear programme",
    ("06", "- A revenue of Q3 2026", "high bound"): "what a quarter can have been by most reports takes a linear programme",
    ("06", "- 2.1bn weekly users", "values.count"): "the ninth digit hangs on where a search for a curve stops; what is said of it is worked",
}
WORDS = dict(zip(["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], range(11), strict=True)) | {"none": 0}
NUMBER = re.compile(r"[−+-]?\$?\d[\d,]*(?:\.\d+)?")
# periods of measures, not numbers: what they mean is in the rules
SET = re.compile(
    r"(?i)(the |in |of |sums of |over |to |last |previous )*(four|eight|three|two) (quarters|years|months)( in a row| earlier| ahead)?|in the four before|"
    r"nine to twelve months|three times out|twelve months|nine months|one of (the|them)|to one\b|each one|no one|one's|two years|one year|one chip|one lag|"
    r"nineteen of twenty|the two are kept apart|at one\b|two of the texts|board of two|year-one"
)


class Check(NamedTuple):
    """One number said, and what it should be."""

    notebook: str
    where: str
    sentence: str
    name: str
    said: str
    recomputed: str
    state: str  # same, differs, known (to differ), uncovered
    facts: int = 0  # how many rows the notebook names behind it


class Said(NamedTuple):
    """A paragraph, a printed line or a title of an executed notebook."""

    cell: int
    kind: str
    text: str
    values: dict
    facts: dict


def title(png):
    """The title in the text of a PNG."""
    at = 8
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + size]
        key, _, rest = body.partition(b"\0")
        if kind == b"tEXt" and key == b"Title":
            return rest.decode("latin-1")
        if kind == b"iTXt" and key == b"Title":
            packed, text = rest[0], rest[2:].split(b"\0", 2)[2]
            return (zlib.decompress(text) if packed else text).decode("utf-8")
        at += 12 + size
    raise ValueError("a picture without a title")


def said(notebook):
    """Everything that an executed notebook says with numbers in it: paragraphs, printed lines and titles, in order."""
    out = []
    for number, cell in enumerate(notebook["cells"]):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            about = output.get("metadata", {}).get("outlay", {})
            if "text/markdown" in data:
                text = "".join(data["text/plain"])
                # what a reader sees is the markdown: it has to say the same
                shown = "".join(data["text/markdown"]).replace("\\$", "$")
                out.append(Said(number, "prose", shown if shown != text else text, about.get("values", {}), about.get("facts", {})))
            elif "image/png" in data:
                out.append(Said(number, "title", title(base64.b64decode("".join(data["image/png"]))), {}, {}))
            elif "text" in output:
                out += [Said(number, "print", line, {}, {}) for line in "".join(output["text"]).splitlines() if line.strip()]
    return out


def read(text):
    """A number as a sentence says it, and half a unit of its last digit; None where there is none."""
    found = NUMBER.search(text)
    if not found:
        words = [WORDS[word] for word in re.findall(r"[a-z]+", text.lower()) if word in WORDS]
        return (Fraction(words[0]), Fraction(1, 2)) if words else None
    digits = found[0].replace(",", "").replace("$", "").replace("−", "-").lstrip("+")
    value, half = Fraction(digits), Fraction(1, 2) / 10 ** len(digits.partition(".")[2])
    rest = text[found.end() :]
    if rest.startswith("%"):
        value, half = value / 100, half / 100
    if text[found.start() :].startswith(("−$", "-$")):
        value = -abs(value)
    return value, half


def agrees(text, expected):
    """Whether what is said is what was recomputed, rounded as far as it is said."""
    if isinstance(expected, bool):
        return expected
    if isinstance(expected, str):
        return text == expected
    if text == "all":
        return expected == int(expected)
    number = read(text)
    return number is not None and abs(number[0] - Fraction(expected)) <= number[1] + Fraction(1, 10**9)


def written(expected):
    return expected if isinstance(expected, str) else ("holds" if expected else "does not hold") if isinstance(expected, bool) else f"{float(expected):.10g}"


def leftover(text, covered):
    """The numbers of a text that no check covered, number words included."""
    for part in sorted(covered, key=len, reverse=True):
        text = text.replace(part, " ", 1)
    digits = [one[0] for one in NUMBER.finditer(text)]
    return digits + re.findall(r"(?i)\b(?:one|two|three|four|five|six|seven|eight|nine|ten|half)\b", SET.sub(" ", text))


def checks(stem, notebook, ledger):
    """Check everything that a notebook says."""
    rules, out = recompute_rules.RULES.get(stem[:2], []), []
    ledger.parameters = recompute_ledger.parameters(notebook)
    for one in said(notebook):
        where, covered = f"{one.kind} {one.cell}", []
        for name, ids in one.facts.items():
            for fact in [fact for fact in ids if fact not in ledger.every]:
                out.append(Check(stem, where, one.text, name, fact, "no such row", "differs"))
        found = [(rule, match) for rule, pattern in rules if (match := re.fullmatch(pattern, one.text))]
        known = {}
        for rule, match in found[:1]:
            try:
                results = list(rule(ledger, match))
            except (KeyError, IndexError, TypeError, AttributeError, ValueError, ZeroDivisionError, RuntimeError) as error:
                results = [(rule.__name__, one.text, f"{type(error).__name__}: {error}")]
            for name, text, expected in results:
                known.setdefault(name, expected)
                if text is None:  # not said in so many words: only its plain value is compared
                    continue
                covered.append(text)
                if expected is None:  # said plainly to be beyond this script
                    out.append(Check(stem, where, one.text, name, text, "", "uncovered"))
                    continue
                out.append(Check(stem, where, one.text, name, text, written(expected), "same" if agrees(text, expected) else "differs", len(one.facts.get(name, ()))))
        for name, value in one.values.items():
            if known.get(name) is not None and not isinstance(known[name], (str, bool)):
                same = abs(float(known[name]) - value) <= 1e-8 * max(1, abs(value))
                out.append(Check(stem, where, one.text, f"values.{name}", f"{value:.10g}", written(known[name]), "same" if same else "differs"))
            else:
                out.append(Check(stem, where, one.text, f"values.{name}", f"{value:.10g}", "", "uncovered"))
        for number in leftover(one.text, covered):
            out.append(Check(stem, where, one.text, "", number, "", "uncovered"))
    return [one._replace(state="known") if one.state == "differs" and reason(one) else one for one in out]


def reason(check):
    """Why a difference is known, or nothing."""
    return next((why for (stem, sentence, name), why in KNOWN.items() if (stem, name) == (check.notebook[:2], check.name) and check.sentence.startswith(sentence)), "")


def beyond(check):
    """Why a number is not worked again, or nothing."""
    return next((why for (stem, sentence, name), why in BEYOND.items() if (stem, name) == (check.notebook[:2], check.name) and check.sentence.startswith(sentence)), "")


def notebooks(only=()):
    every = sorted((ROOT / "notebooks").glob("0[1-9]_*.ipynb"))
    return [path for path in every if not only or path.stem[:2] in {name[:2] for name in only}]


def kind(check):
    """What a check is of: a number worked from several rows, one that a single row prints, an assumption of the notebook, a name or date, a claim."""
    first = check.name.partition(" ")[0].rstrip(":")
    if check.name.startswith("values."):
        return "exact value"
    if first in ("claim", "phrase", "parameter"):
        return first
    if check.state != "uncovered" and not re.match(r"^[-\d.e+]+$", check.recomputed):
        return "name or date"
    return "printed" if check.facts == 1 else "worked"


def counts(found):
    """How many numbers are said, and how they came out."""
    kinds = [kind(one) for one in found]
    numbers = [one for one, what in zip(found, kinds, strict=True) if what in ("worked", "printed", "parameter")]
    return {
        "numbers said": len(numbers),
        "recomputed": sum(one.state != "uncovered" for one in numbers),
        "of these printed by one row": sum(one.state != "uncovered" and kind(one) == "printed" for one in numbers),
        "of these assumptions of the notebook": sum(kind(one) == "parameter" for one in numbers),
        "not covered": sum(one.state == "uncovered" for one in numbers),
        "names and dates": kinds.count("name or date"),
        "claims": kinds.count("claim"),
        "exact values": sum(what == "exact value" and one.state != "uncovered" for one, what in zip(found, kinds, strict=True)),
        "differ": sum(one.state == "differs" for one in found),
        "known to differ": sum(one.state == "known" for one in found),
    }


def main(arguments):
    quiet = "--quiet" in arguments
    ledger, failed = Ledger(), 0
    for path in notebooks([one for one in arguments if not one.startswith("-")]):
        found = checks(path.stem, recompute_ledger.executed(path), ledger)
        for one in found:
            if not quiet or one.state != "same":
                sentence = one.sentence if len(one.sentence) < 60 else one.sentence[:57] + "..."
                why = reason(one) if one.state == "known" else beyond(one) if one.state == "uncovered" else ""
                print(f"{path.stem[:2]} | {one.where} | {sentence} | {one.name} | {one.said} | {one.recomputed} | {one.state}" + (f": {why}" if why else ""))
        print(f"{path.stem}: " + ", ".join(f"{count} {what}" for what, count in counts(found).items()))
        failed += sum(one.state == "differs" for one in found)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
