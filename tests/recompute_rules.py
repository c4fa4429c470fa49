"""What each number in the notebooks is meant to be: a pattern of the sentence, and the arithmetic on the ledger.

A rule gets the ledger and the match, takes company and period from the sentence's own words, and yields (name, what is said, what it
should be): a number, a text, or whether a claim holds. Names are those of the sentence's numbers in the notebook, so that their plain values are
compared as well.
"""

import calendar
import re

from recompute_ledger import DAY

EIGHT = ["aapl", "amzn", "googl", "meta", "msft", "nvda", "orcl", "tsla"]
FOUR = ["amzn", "googl", "meta", "msft"]
FIVE = ["amzn", "googl", "meta", "msft", "orcl"]
RULES: dict[str, list] = {}
MONTH = r"(?:" + "|".join(calendar.month_name[1:]) + r") \d{4}"
QUARTER = r"Q[1-4] \d{4}"
USD = r"−?\$[\d,.]+bn"
PERCENT = r"−?[\d,.]+%"
COUNT = r"(?:no|none|one|two|three|four|five|six|seven|eight|nine|ten|\d+)"
NAME = r"[A-Z][\w’' ]*?"


def rule(notebook, pattern):
    """Enter a function as the rule of the sentences that a pattern fits; <a:USD> is a group `a` of the pattern USD."""
    full = re.sub(r"<(\w+):(\w+)>", lambda found: f"(?P<{found[1]}>{globals()[found[2]]})", pattern)

    def enter(function):
        RULES.setdefault(notebook, []).append((function, full))
        return function

    return enter


def spelled(names):
    """Names as a sentence lists them."""
    names = list(names)
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def quarter(text):
    """'Q2 2026' as '2026Q2'."""
    return f"{text[3:]}{text[:2]}"


def prose(name):
    """'2026Q2' as 'Q2 2026'."""
    return f"{name[4:]} {name[:4]}"


def month(day):
    return f"{calendar.month_name[day.month]} {day.year}"


def ends_in(series, text):
    """The entry of a series of quarters that ends in a month written out."""
    return next(one for one in series.values() if month(one.end) == text)


def newest(series, days=190):
    """Each company's newest entry, without those that end so many days before the newest of all; largest first."""
    last = {company: max(entries.items(), key=lambda item: item[1].end) for company, entries in series.items() if entries}
    limit = max(entry.end for _, entry in last.values()) - days * DAY
    fresh = [(company, name, entry) for company, (name, entry) in last.items() if entry.end >= limit]
    return sorted(fresh, key=lambda item: -item[2].value)


def ratio(upper, lower):
    """Quarter by quarter, one series over another; keeps the dates and facts of both."""
    return {
        name: one._replace(value=one.value / lower[name].value, facts=one.facts | lower[name].facts)
        for name, one in upper.items()
        if name in lower and lower[name].value
    }


def published(ledger, facts):
    return max((ledger.every[fact].published for fact in facts if ledger.every[fact].published), default=None)


def long_date(day):
    return f"{day.day} {month(day)}"


import recompute_rules_01  # noqa: E402, F401
import recompute_rules_02  # noqa: E402, F401
import recompute_rules_03  # noqa: E402, F401
import recompute_rules_04  # noqa: E402, F401
import recompute_rules_05  # noqa: E402, F401
import recompute_rules_06  # noqa: E402, F401
import recompute_rules_07  # noqa: E402, F401
import recompute_rules_08  # noqa: E402, F401
import recompute_rules_09  # noqa: E402, F401
