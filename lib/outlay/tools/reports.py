"""The review page: what a change of the ledger does, on one page that needs nothing else, as Markdown, and as a draft for CHANGELOG.md."""

import base64
import difflib
import html
import json
import re
from pathlib import Path

import pandas as pd

from outlay import periods, units
from outlay.charts import write as put
from outlay.tools import build, diff, editions

SHOWN = 40  # rows that stand open; the others are folded
NAMES = {"new period": "new", "restated": "restated", "recast": "recast", "our correction": "corrected", "definition": "definition", "code": "code"}


def write(found: dict, folder: Path) -> Path:
    """Write what `diff.differences` found as `update.html`, `update.md` and `changelog.md`; return the first."""
    put(folder / "update.md", markdown(found).encode())
    put(folder / "changelog.md", changelog(found).encode())
    put(folder / "update.html", page(found).encode())
    return folder / "update.html"


def changelog(found: dict) -> str:
    """Draft what CHANGELOG.md says of a difference: documents, periods, restated and corrected figures, definitions, headline numbers, titles."""
    rows, new = found["rows"], found["new"]
    day = f"{pd.Timestamp(new.edition):%-d %B %Y}" if re.fullmatch(r"\d{4}-\d{2}-\d{2}", new.edition) else new.edition or new.name
    named = editions.named()
    label = named["CITATION.cff"][1] if new.edition == named["CITATION.cff"][0] else "NUMBER"
    out = [f"## {label}, {day}", ""]
    figures = rows[(rows.change == "new") & (rows.metric != "")]
    documents = rows[(rows.table == "sources") & (rows.change == "new")]
    if len(figures):
        fresh = figures[figures.why.str.startswith("first print")]
        firms = list(fresh.who.value_counts().index[:12])
        out.append(
            f"- Ledger: {units.plural(len(figures), 'row')} from {units.plural(len(documents), 'new document')}"
            + (f"; periods that were not held before, of {units.spell(sorted(firms))}." if firms else ".")
        )
    for change, cause, words in (
        ("changed", "restated", "Restated by a later document"),
        ("changed", "recast", "Recast by the firm"),
        ("changed", "our correction", "Corrected by us"),
        ("removed", "our correction", "Taken out"),
    ):
        some = rows[(rows.change == change) & (rows.cause == cause) & (rows.metric != "")]
        if len(some):
            told = "; ".join(f"{_what(row)} {_span(row)}" for row in some.head(6).itertuples())
            out.append(f"- {words}: {told}{f'; and {len(some) - 6} more' if len(some) > 6 else ''}.")
    if len(some := rows[rows.cause == "definition"]):
        out.append(f"- Definitions: {', '.join(sorted(set(some.what))[:8])}.")
    for notebook in found["notebooks"]:
        moved = [number for number in notebook["numbers"] if number["headline"] and number["old"] is not None and number["new"] is not None]
        if moved:
            told = "; ".join(f"{_name(number)} {_plain(number['old'])} → {_plain(number['new'])}" for number in moved[:6])
            out.append(f"- `{notebook['stem']}`: {told}.")
        out += [
            f"- Title that fell back: “{chart['old']['title']}” is now “{chart['new']['title']}”." for chart in notebook["charts"] if chart["fell"]
        ]
    if len(out) == 2:
        out.append("- Nothing that a reader sees differs.")
    return "\n".join(out) + "\n"


def summary(found: dict) -> list[str]:
    """Return the difference in a few lines: rows by what happened to them, numbers, charts, titles."""
    rows = found["rows"]
    data = rows[rows.table != "code"]
    alike = int((rows.why == "printed again, alike").sum())
    counts = [f"{units.plural(int((data.change == change).sum()), 'row')} {change}" for change in ("removed", "changed", "new")]
    out = [", ".join(counts) + (f"; {alike} of the new only print a known figure again" if alike else "")]
    by = [f"{cause} {count}" for cause in diff.CAUSES if (count := int((rows.cause == cause).sum()))]
    out.append("By cause: " + (", ".join(by) or "none"))
    numbers = [number for notebook in found["notebooks"] for number in notebook["numbers"] if number["headline"]]
    charts = [chart for notebook in found["notebooks"] for chart in notebook["charts"]]
    fell = sum(chart["fell"] for chart in charts)
    if not found["ran"]:
        return [*out, "No notebook was run: what this does to headline numbers, charts and titles is not known"]
    moved = f"{units.plural(len(numbers), 'headline number')} moved, {units.plural(len(charts), 'chart')} redrawn"
    return [*out, f"{moved}, {units.plural(fell, 'title')} fell back"]


def watch(found: dict) -> list[tuple[str, str]]:
    """Return what a reviewer must not miss, as a kind and a line: unexplained changes, removals, large changes, fallen titles, residuals."""
    rows, out = found["rows"], []
    for row in rows[rows.loud].itertuples():
        out.append(("unexplained", f"{_what(row)}: {_span(row)}{_share(row)}. {row.why}"))
    for row in rows[(rows.change == "removed") & ~rows.loud & (rows.table != "code")].itertuples():
        out.append(("removed", f"{_what(row)}: {row.old}. {row.why}"))
    large = rows[(rows.change == "changed") & ~rows.loud & (rows.percent.abs() >= diff.LARGE)]
    for row in large.itertuples():
        out.append(("large", f"{_what(row)}: {_span(row)}{_share(row)}. {row.why}"))
    for notebook in found["notebooks"]:
        for number in notebook["numbers"]:
            if number["headline"] and _alarming(number):
                by = ", ".join(f"{cause} {_signed(step)}" for cause, step in number["by"].items())
                out.append(("headline", f"{notebook['stem']}, {_name(number)}: {_plain(number['old'])} → {_plain(number['new'])} ({by})"))
        for chart in notebook["charts"]:
            if chart["fell"]:
                out.append(("fell back", f"{chart['name']}: “{chart['old']['title']}” is now “{chart['new']['title']}”"))
            if chart["new"] is None:
                out.append(("gone", f"{chart['name']}: the chart is no longer drawn"))
        for number in notebook["numbers"]:
            if number["residual"]:
                out.append(("residual", f"{notebook['stem']}, {_name(number)}: {_plain(number['residual'])} is explained by no cause"))
    return out


def markdown(found: dict) -> str:
    """Write the review as Markdown: what the page says, without pictures."""
    rows = found["rows"]
    out = [f"# {_title(found)}", "", *[f"- {line}" for line in summary(found)], ""]
    if seen := watch(found):
        out += ["## Look here first", "", *[f"- **{kind}**: {line}" for kind, line in seen[:SHOWN]]]
        out += [f"- and {len(seen) - SHOWN} more, in the tables below", ""] if len(seen) > SHOWN else [""]
    numbers = [(notebook, number) for notebook in found["notebooks"] for number in notebook["numbers"]]
    if numbers:
        out += ["## Headline numbers", "", "| notebook | number | old | new | " + " | ".join(diff.CAUSES) + " | residual |"]
        out.append("|---|---|---|---|" + "---|" * (len(NAMES) + 1))
        for notebook, number in sorted(numbers, key=lambda pair: (not pair[1]["headline"], pair[0]["stem"])):
            name = _name(number) + ("" if number["headline"] else f" ({_section(number)})")
            by = [_signed(number["by"].get(cause)) for cause in diff.CAUSES]
            cells = [notebook["stem"], name, _plain(number["old"]), _plain(number["new"]), *by, _rest(number)]
            out.append(f"| {' | '.join(cells)} |")
        out.append("")
    for change in ("removed", "changed", "new"):
        some = rows[rows.change == change]
        if some.empty:
            continue
        out += [f"## {change.capitalize()}: {len(some)}", "", "| what | old | new | % | why | document |", "|---|---|---|---|---|---|"]
        for row in some.head(400).itertuples():
            link = f"[{row.source}]({row.url})" if row.url else row.source
            cells = [_what(row), row.old, row.new, _percent(row.percent), ("**" + row.why + "**") if row.loud else row.why, link]
            out.append("| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
        out += [f"| and {len(some) - 400} more, see `outlay diff --format csv` | | | | | |", ""] if len(some) > 400 else [""]
    charts = [chart for notebook in found["notebooks"] for chart in notebook["charts"]]
    if charts:
        out += ["## Charts", ""]
        for chart in charts:
            titles = [f"“{side['title']}”" if side else "not drawn" for side in (chart["old"], chart["new"])]
            same = titles[0] == titles[1]
            out.append(f"- {chart['name']}: {titles[0] if same else f'{titles[0]} → {titles[1]}'}{' (**fell back**)' if chart['fell'] else ''}")
        out.append("")
    for notebook in found["notebooks"]:
        if notebook["answer"][0] != notebook["answer"][1]:
            out += [f"## {notebook['title']}", "", "Before:", "", *[f"> {text}\n" for text in notebook["answer"][0]]]
            out += ["", "After:", "", *[f"> {text}\n" for text in notebook["answer"][1]], ""]
    return "\n".join(out) + "\n"


def text(found: dict) -> str:
    """Write the difference for a terminal: what to look at first, the headline numbers, the titles that changed, the rows."""
    out = [_title(found), *summary(found)]
    if not len(found["rows"]):
        return "nothing differs\n"
    if seen := watch(found):
        out += ["", "LOOK HERE FIRST", *[f"  {kind}: {line}" for kind, line in seen[:SHOWN]]]
        out += [f"  and {len(seen) - SHOWN} more, in the rows below"] if len(seen) > SHOWN else []
    numbers = []
    for notebook in found["notebooks"]:
        for number in (number for number in notebook["numbers"] if number["headline"]):
            by = ", ".join(f"{cause} {_signed(step)}" for cause, step in number["by"].items())
            both = number["old"] is not None and number["new"] is not None
            told = f"{by or 'no cause'}; residual {_rest(number)}" if both else _rest(number)
            numbers.append(f"  {notebook['stem']}, {_name(number)}: {_plain(number['old'])} → {_plain(number['new'])} ({told})")
    out += ["", "HEADLINE NUMBERS", *numbers] if numbers else []
    titles = [
        f"  {chart['name']}: “{chart['old']['title']}” → “{chart['new']['title']}”{' (fell back)' if chart['fell'] else ''}"
        for notebook in found["notebooks"]
        for chart in notebook["charts"]
        if chart["old"] and chart["new"] and chart["old"]["title"] != chart["new"]["title"]
    ]
    out += ["", "TITLES", *titles] if titles else []
    for change in ("removed", "changed", "new"):
        some = found["rows"][found["rows"].change == change]
        out += ["", f"{change.upper()}: {len(some)}"] if len(some) else []
        for row in some.itertuples():
            document = f" [{row.source}]" if row.source else ""
            out.append(f"  {'!! ' if row.loud else ''}{_what(row)}: {_span(row)}{_share(row)} - {row.cause}: {row.why}{document}")
    return "\n".join(out) + "\n"


def plainly(found: dict) -> str:
    """Write the difference as JSON: `old`, `new`, `rows`, `numbers` and `charts`."""
    rows = found["rows"][diff.COLUMNS].assign(percent=found["rows"].percent.astype(object).where(found["rows"].percent.notna(), None))
    numbers = [{"notebook": notebook["stem"], **number} for notebook in found["notebooks"] for number in notebook["numbers"]]
    charts = [
        {"notebook": notebook["stem"], "name": chart["name"], "fell_back": chart["fell"]}
        | {side: chart[side]["title"] if chart[side] else None for side in ("old", "new")}
        for notebook in found["notebooks"]
        for chart in notebook["charts"]
    ]
    about = {side: {"name": found[side].name, "edition": found[side].edition} for side in ("old", "new")}
    return json.dumps({**about, "rows": rows.to_dict("records"), "numbers": numbers, "charts": charts}, indent=1, ensure_ascii=False, default=str)


def page(found: dict) -> str:
    """Write the review as one HTML page that asks nothing of anybody."""
    rows = found["rows"]
    title = _title(found)
    style = (build.ROOT / "site" / "_static" / "review.css").read_text(encoding="utf-8")
    body = [f"<h1>{_e(title)}</h1>", "<ul class=sum>" + "".join(f"<li>{_e(line)}</li>" for line in summary(found)) + "</ul>"]
    if seen := watch(found):
        items = [f"<li class='{kind.replace(' ', '-')}'><b>{_e(kind)}</b> {_e(line)}</li>" for kind, line in seen]
        body.append(
            f"<section class=watch><h2>Look here first</h2><ul>{''.join(items[:SHOWN])}</ul>{_fold(items[SHOWN:], '<ul>', '</ul>')}</section>"
        )
    body.append(_numbers(found["notebooks"]))
    for change, words in (("removed", "Removed"), ("changed", "Changed"), ("new", "New")):
        body.append(_listed(rows[rows.change == change], words))
    body += [_charts(found["notebooks"]), _answers(found["notebooks"])]
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport content='width=device-width, initial-scale=1'>"
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
        f"<title>{_e(title)}</title><style>{style}</style></head><body><main>{''.join(body)}</main></body></html>\n"
    )


def _numbers(notebooks: list[dict]) -> str:
    """Write every headline number with what each cause adds; the numbers of other sections are folded."""
    told = [(notebook, number) for notebook in notebooks for number in notebook["numbers"]]
    if not told:
        return "<h2>Headline numbers</h2><p>None moved.</p>"
    used = [cause for cause in diff.CAUSES if any(cause in number["by"] for _, number in told)]
    head = "<tr><th>Number</th><th>old</th><th>new</th><th>%</th>" + "".join(f"<th>{_e(cause)}</th>" for cause in used) + "<th>residual</th></tr>"

    def table(some: list) -> str:
        out, before, spoken = [], None, ""
        for notebook, number in some:
            if notebook["stem"] != before:
                out.append(
                    f"<tr class=of><th colspan={len(used) + 5}><div>{_e(notebook['title'])} <small>{_e(notebook['stem'])}</small></div></th></tr>"
                )
                before = notebook["stem"]
            both = number["old"] is not None and number["new"] is not None
            share = (number["new"] - number["old"]) / abs(number["old"]) if both and number["old"] else float("nan")
            large = " class=big" if _alarming(number) else ""
            by = "".join(f"<td>{_signed(number['by'].get(cause)) or '·'}</td>" for cause in used)
            where = "" if number["headline"] else f" <small>{_e(_section(number))}</small>"
            if (sentence := number["said"][1] or number["said"][0]) != spoken:
                out.append(f"<tr class=say><td colspan={len(used) + 5}><div>“{_e(sentence)}”</div></td></tr>")
                spoken = sentence
            out.append(
                f"<tr><th>{_e(_name(number))}{where}</th><td>{_plain(number['old'])}</td><td>{_plain(number['new'])}</td>"
                f"<td{large}>{_percent(share)}</td>{by}<td{' class=bad' if number['residual'] else ''}>{_rest(number)}</td></tr>"
            )
        return f"<div class=wide><table class=numbers><thead>{head}</thead><tbody>{''.join(out)}</tbody></table></div>"

    first, rest = ([pair for pair in told if pair[1]["headline"] is kind] for kind in (True, False))
    note = "<p>What each cause adds, in the order of the columns; the residual is what no cause explains. Numbers stand under their sentence.</p>"
    folded = f"<details><summary>{units.plural(len(rest), 'number').capitalize()} of other sections</summary>{table(rest)}</details>" if rest else ""
    return f"<h2>Headline numbers</h2>{note}{table(first) if first else '<p>None moved.</p>'}{folded}"


def _rest(number: dict) -> str:
    """Write what no cause explains, or with which cause a number came to be said."""
    if number["old"] is None:
        return f"said since: {number['first']}"
    if number["new"] is None:
        return f"no longer said: {number['first']}"
    return _plain(number["residual"]) if number["residual"] else "0"


def _alarming(number: dict) -> bool:
    """Return whether a number moved by much for another reason than that time went on."""
    other = sum(step for cause, step in number["by"].items() if cause != diff.CAUSES[0]) + (number["residual"] or 0)
    return bool(number["old"]) and abs(other / number["old"]) >= diff.LARGE


def _listed(rows: pd.DataFrame, words: str) -> str:
    """Write rows of the comparison as a table, those that only repeat or annotate last and folded."""
    if rows.empty:
        return f"<h2>{words}: none</h2>"
    quiet = rows.why.eq("printed again, alike") | rows.table.isin(["omitted", "exceptions", "corrections", "sources"])
    head = "<tr><th>What</th><th>old</th><th>new</th><th>%</th><th>why</th><th>document</th></tr>"

    def table(some: pd.DataFrame) -> str:
        out = []
        for row in some.itertuples():
            where = row.url if str(row.url).startswith("http") else f"../site/documents.html#{row.source}"  # beside build/reports
            link = f"<a href='{_e(where)}'>{_e(row.source)}</a>" if row.source else ""
            large = pd.notna(row.percent) and abs(row.percent) >= diff.LARGE and row.change == "changed"
            marks = " ".join(filter(None, ("loud" if row.loud else "", "large" if large else "")))
            figure = bool(row.unit)
            unit = f" <small>{_e(row.unit)}</small>" if figure else ""
            kind = "num" if figure else "words"
            cells = [
                f"<th title='{_e(row.what)}'>{_e(_what(row))}{unit}</th>",
                *(f"<td class={kind}>{_e(cell)}</td>" for cell in (row.old, row.new)),
                f"<td class='num{' big' if large else ''}'>{_percent(row.percent)}</td>",
                f"<td class=why><i>{_e('unexplained' if row.loud else NAMES[row.cause])}</i> {_e(row.why)}</td>",
                f"<td class=doc>{link}</td>",
            ]
            out.append(f"<tr class='{marks}'>{''.join(cells)}</tr>")
        return f"<div class=wide><table class=rows><thead>{head}</thead><tbody>{''.join(out)}</tbody></table></div>"

    told = rows[~quiet]
    parts = [f"<h2>{words}: {len(rows)}</h2>"]
    parts += [table(told.head(SHOWN))] if len(told) else []
    if len(told) > SHOWN:
        parts.append(f"<details><summary>{len(told) - SHOWN} smaller ones</summary>{table(told.iloc[SHOWN:])}</details>")
    if quiet.any():
        some = rows[quiet]
        parts.append(
            f"<details><summary>{len(some)} that only name documents, annotate, or print a known figure again</summary>{table(some)}</details>"
        )
    return "".join(parts)


def _charts(notebooks: list[dict]) -> str:
    """Show every chart that looks otherwise, before and after side by side, those whose titles fell back first."""
    charts = [chart for notebook in notebooks for chart in notebook["charts"]]
    if not charts:
        return "<h2>Charts</h2><p>None looks otherwise.</p>"
    out = [f"<h2>Charts: {len(charts)}</h2>"]
    for chart in sorted(charts, key=lambda chart: (not chart["fell"], chart["name"])):
        mark = "<b class=bad>fell back</b>" if chart["fell"] else "<b class=good>a claim that holds now</b>" if chart["rose"] else ""
        out.append(f"<section class=pair id='{_e(chart['name'])}'><h3>{_e(chart['name'])} {mark}</h3><div>")
        for words, side in (("Before", chart["old"]), ("After", chart["new"])):
            if side is None:
                out.append(f"<figure><figcaption>{words}: not drawn</figcaption></figure>")
                continue
            source = f"data:image/png;base64,{base64.b64encode(side['png']).decode()}"
            out.append(f"<figure><figcaption>{words}: {_e(side['title'])}</figcaption><img src='{source}' alt='{_e(side['alt'])}'></figure>")
        out.append("</div></section>")
    return "".join(out)


def _answers(notebooks: list[dict]) -> str:
    """Write the short answers that read otherwise, before and after, with the words that differ marked."""
    out = []
    for notebook in notebooks:
        before, after = notebook["answer"]
        if before == after:
            continue
        out.append(f"<section class=answer><h3>{_e(notebook['title'])} <small>{_e(notebook['stem'])}</small></h3><div>")
        old, new = _marked("\n\n".join(before), "\n\n".join(after))
        for words, text in (("Before", old), ("After", new)):
            out.append(f"<blockquote><small>{words}</small>{text or '<p>nothing</p>'}</blockquote>")
        out.append("</div></section>")
    return f"<h2>Short answers</h2>{''.join(out)}" if out else "<h2>Short answers</h2><p>All read as before.</p>"


def _marked(old: str, new: str) -> tuple[str, str]:
    """Return two texts as HTML paragraphs in which the words that one has and the other has not are marked."""
    one, other = ([part for part in re.split(r"(\s+)", text) if part] for text in (old, new))
    left, right = [], []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        for side, words, mark in ((left, one[a:b], "del"), (right, other[c:d], "ins")):
            text = html.escape("".join(words))
            if kind == "equal" or not text.strip():
                side.append(text)
            else:  # a mark never spans paragraphs
                side.append("\n\n".join(f"<{mark}>{part}</{mark}>" if part.strip() else "" for part in text.split("\n\n")))
    return tuple("".join(f"<p>{part}</p>" for part in "".join(side).split("\n\n") if part.strip()) for side in (left, right))


def _fold(items: list[str], before: str, after: str) -> str:
    return f"<details><summary>{len(items)} more</summary>{before}{''.join(items)}{after}</details>" if items else ""


def _what(row) -> str:
    """Name a row as a reader would: company, metric and period; a definition by its table and key."""
    if not row.metric or row.table in ("presentations", *diff._NOTES):
        return row.what
    if row.table in ("deals", "models"):
        return f"{row.metric.replace('_', ' ')}, {row.period}" if row.table == "deals" else row.what.partition("@")[0].replace("_", " ")
    return f"{row.who} {row.metric.replace('_', ' ')}, {_period(row.period)}"


def _period(text: str) -> str:
    """Write the days of a period as a reader would: `Q2 2026`, `2025`, or the days themselves."""
    start, found, end = text.partition("..")
    if not found:
        return f"{pd.Timestamp(start):%-d %b %Y}" if start else "no date"
    first, last = pd.Timestamp(start), pd.Timestamp(end)
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if first.day == 1 and (last + pd.Timedelta(days=1)).day == 1:
        if months == 12 and last.month == 12:
            return str(last.year)
        if months == 3 and last.month % 3 == 0:
            return periods.words(f"{last.year}Q{last.month // 3}")
    return f"{first:%-d %b %Y} to {last:%-d %b %Y}"


def _span(row) -> str:
    """Write what a row was and is."""
    return " → ".join(filter(None, (str(row.old), str(row.new)))) + (f" {row.unit}" if row.unit else "")


def _share(row) -> str:
    return f" ({_percent(row.percent)})" if pd.notna(row.percent) else ""


def _percent(value: float | None) -> str:
    if value is None or pd.isna(value):
        return ""
    size = abs(value) * 100
    decimals = 0 if size >= 99.5 else 1 if size >= 0.05 or size == 0 else 2
    return f"{'−' if value < 0 else '+'}{size:,.{decimals}f}%"


def _plain(value: float | None) -> str:
    if value is None:
        return "not said"
    return (f"{value:,.0f}" if abs(value) >= 10000 else f"{value:,.5g}").replace("-", "−")


def _signed(value: float | None) -> str:
    return "" if value is None else ("+" if value > 0 else "") + _plain(value)


def _name(number: dict) -> str:
    return number["name"].partition(".")[2].replace("_", " ")


def _section(number: dict) -> str:
    return number["name"].partition(".")[0].replace("_", " ")


def _title(found: dict) -> str:
    """Say what is compared; where an update leaves the edition what it was, by the newest document that it brought."""
    one, other = (_edition(found[side]) for side in ("old", "new"))
    if one != other:
        return f"From {one} to {other}"
    rows = found["rows"]
    days = rows.why[(rows.table == "sources") & (rows.change == "new")].str.extract(r"(\d{4}-\d{2}-\d{2})")[0].dropna()
    return f"{one[:1].upper()}{one[1:]}: " + (f"what came in, up to {pd.Timestamp(days.max()):%-d %B %Y}" if len(days) else "before and after")


def _edition(side: diff.Side) -> str:
    words = f"the edition of {pd.Timestamp(side.edition):%-d %B %Y}" if re.fullmatch(r"\d{4}-\d{2}-\d{2}", side.edition) else ""
    return words if words and side.name in ("before", "after", side.edition) else f"{side.name}{f' ({words})' if words else ''}"


def _e(text: object) -> str:
    return html.escape(str(text), quote=True)
