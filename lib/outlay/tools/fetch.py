"""Get the SEC's company facts: live, from a mirror of the same JSON, or from a folder. Whatever is not the whole file is refused.

Live and from a mirror, an answer is kept in `build/cache` with its ETag, so that what has not changed is not sent again. Nothing is handed on before
every company asked for is here and was read.
"""

import contextlib
import email.utils
import gzip
import hashlib
import http.client
import json
import os
import re
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from outlay.tools import edgar
from outlay.tools.build import BUILD

SEC = "https://data.sec.gov/api/xbrl/companyfacts"
CACHE = BUILD / "cache" / "companyfacts"
PACE = 1 / 8  # seconds between two requests: the SEC allows ten a second
TIMEOUT = 30  # seconds without a byte
WHOLE = 300  # seconds for a whole answer
TRIES = 5
LONGEST = 120  # seconds that a server may ask to wait
LARGEST = 512 * 1024 * 1024  # bytes of one company's facts
PASSING = (429, 500, 502, 503, 504)


class _Passing(Exception):
    """A fault that may be gone at the next try; `wait` is how long the server asks to wait, if it does."""

    def __init__(self, words: str, wait: float | None = None):
        super().__init__(words)
        self.wait = wait


def facts(
    ciks: Iterable[int],
    origin: str = "",
    contact: str = "",
    *,
    tags: Iterable[str] | None = None,
    cache: Path | None = None,
    sleep: Callable[[float], None] = time.sleep,
    timeout: float = TIMEOUT,
) -> dict[int, list[dict]]:
    """Return {central index key: its facts as `edgar.read_facts` gives them} for the companies of `ciks` that `origin` holds.

    `origin` is empty (the SEC itself, which asks for a `contact`: the caller's mail address), the address of a mirror
    (``ADDRESS/CIK##########.json``), or a file or folder of such JSON, plain or gzipped, where several snapshots of one company are one set of facts.
    Disagreements about other tags than `tags` are no matter. Raises ValueError, one clear line, for whatever is not a whole and sound file; a
    company that a folder has no file of is left out.
    """
    wanted, tags = sorted(set(ciks)), None if tags is None else set(tags)
    if origin and not re.match(r"https?://", origin):
        return _of_files(Path(origin), wanted, tags)
    if not origin and not re.search(r"\S@\S+\.\S", contact):
        raise ValueError(
            "the SEC asks every caller for a contact: give your mail address as --contact or in OUTLAY_CONTACT; or read a copy with --from"
        )
    if not (contact.isascii() and contact.isprintable()):
        raise ValueError("the contact goes into a header: write it in one line of plain letters")
    found, last = {}, 0.0
    for cik in wanted:
        sleep(max(0.0, last + PACE - time.monotonic()))
        address = f"{(origin or SEC).rstrip('/')}/CIK{cik:010d}.json"
        path = _download(address, contact, cache or CACHE, sleep, timeout)
        last = time.monotonic()
        found[cik] = _read(path, cik, tags, "" if origin else "SEC company facts", address)
    return found


def _of_files(path: Path, wanted: list[int], tags: set | None) -> dict[int, list[dict]]:
    if not path.exists():
        raise ValueError(f"there is no file or folder {path}; give --from a folder of company-facts JSON, or an address")
    files = sorted(file for file in path.iterdir() if file.name.endswith((".json", ".json.gz"))) if path.is_dir() else [path]
    if not files:
        raise ValueError(f"{path} holds no .json or .json.gz; give --from a folder of company-facts JSON, or an address")
    found: dict[int, list[list[dict]]] = {}
    for file in files:
        named = re.search(r"CIK(\d{10})", file.name)
        if named and int(named[1]) not in wanted:
            continue
        read = _read(file, int(named[1]) if named else None, tags)
        for cik in {fact["cik"] for fact in read}.intersection(wanted):
            found.setdefault(cik, []).append(read)
    return {cik: edgar.merge(*snapshots, tags=tags) for cik, snapshots in sorted(found.items())}


def _read(path: Path, cik: int | None, tags: set | None, copy: str = "", name: str = "") -> list[dict]:
    """Read one file; the company in it must be the one that its name says. What was kept of a download goes by its address (`name`)."""
    try:
        read = edgar.read_facts(path, copy, tags=tags)
    except ValueError as error:
        raise ValueError(str(error).replace(str(path), name).replace(path.name, name) if name else str(error)) from None
    for fact in read if name else ():
        fact["copies"] = [name if each == path.name else each for each in fact["copies"]]
    others = {fact["cik"] for fact in read} - {cik}
    if cik is not None and others:
        raise ValueError(f"{name or path} holds the facts of central index key {others.pop()}, not of {cik}; take the right file")
    return read


def _download(url: str, contact: str, cache: Path, sleep: Callable[[float], None], timeout: float) -> Path:
    """Return the path of the answer to `url`, asked for or kept; tries again, ever later, what may pass."""
    cache.mkdir(parents=True, exist_ok=True)
    kept = cache / hashlib.sha256(url.encode()).hexdigest()[:16]
    for attempt in range(TRIES):
        try:
            return _ask(url, contact, kept, timeout)
        except _Passing as fault:
            wait = 2**attempt if fault.wait is None else fault.wait
            if attempt == TRIES - 1:
                raise ValueError(f"{url}: {fault}, {TRIES} times; nothing was changed. Try again later, or read a copy with --from") from None
            if wait > LONGEST:
                raise ValueError(f"{url}: {fault}, and asks to wait {wait:.0f} seconds; nothing was changed. Try again then") from None
            sleep(wait)
    raise AssertionError


def _ask(url: str, contact: str, kept: Path, timeout: float) -> Path:
    """Ask once; keep the answer beside what the server said of its age."""
    known = _known(kept, url)
    headers = {"User-Agent": f"outlay {contact}".strip(), "Accept-Encoding": "gzip", "Accept": "application/json"}
    if known.get("etag"):
        headers["If-None-Match"] = known["etag"]
    if known.get("modified"):
        headers["If-Modified-Since"] = known["modified"]
    opener = urllib.request.build_opener(_SameHost)
    try:
        with opener.open(urllib.request.Request(url, headers=headers), timeout=timeout) as answer:
            return _keep(kept, url, answer, _body(answer))
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 304 and known:
                return kept.with_suffix(".json")
            if 300 <= error.code < 400:
                raise ValueError(f"{url} redirects without end; nothing was changed. Give another address with --from") from None
            raise _refused(url, error) from None
    except (TimeoutError, http.client.IncompleteRead, http.client.HTTPException, ConnectionError) as error:
        raise _Passing(_words(error)) from None
    except urllib.error.URLError as error:
        raise _Passing(_words(error.reason)) from None


def _words(error: object) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, http.client.IncompleteRead):
        return "the download was cut short" + (
            f": {len(error.partial)} of {len(error.partial) + error.expected} bytes came" if error.expected else ""
        )
    return f"the connection failed ({error})"


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follow a redirect only where it stays with the host that was asked."""

    def redirect_request(self, request, file, code, message, headers, address):
        here, there = urlsplit(request.full_url), urlsplit(address)
        safer = (here.hostname, here.scheme, there.scheme) == (there.hostname, "http", "https")
        if not safer and (here.scheme, here.netloc) != (there.scheme, there.netloc):
            file.close()
            raise ValueError(
                f"{request.full_url} redirects to another place, {there.scheme}://{there.netloc}; it was not followed, nothing was changed. "
                "If that is meant, give its address with --from"
            )
        return super().redirect_request(request, file, code, message, headers, address)


def _refused(url: str, error: urllib.error.HTTPError) -> Exception:
    said = f"{url}: the server answered {error.code} {error.reason}"
    if error.code in PASSING:
        return _Passing(f"the server answered {error.code} {error.reason}", _wait(error.headers.get("Retry-After")))
    if error.code == 403:
        return ValueError(
            f"{said}; nothing was changed. The SEC answers so to callers whose User-Agent does not name them, or that ask too often: "
            "give your own mail address as --contact, and wait ten minutes"
        )
    if error.code == 404:
        return ValueError(f"{said}; nothing was changed. Check the central index key in data/companies.csv, or the address")
    return ValueError(f"{said}; nothing was changed")


def _wait(said: str | None) -> float | None:
    """Return how many seconds a Retry-After asks to wait: it gives seconds or a date."""
    if not said:
        return None
    if said.strip().isdigit():
        return float(said)
    with contextlib.suppress(ValueError, TypeError):
        return max(0.0, (email.utils.parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    return None


def _body(answer: http.client.HTTPResponse) -> bytes:
    """Return the whole body, unpacked; a body that is cut short, packed or not, is a passing fault."""
    parts, size, until = [], 0, time.monotonic() + WHOLE
    while part := answer.read1(1 << 16):
        parts.append(part)
        size += len(part)
        if size > LARGEST:
            raise ValueError(f"{answer.url}: more than {LARGEST >> 20} MB came; no company's facts are that long. Nothing was changed")
        if time.monotonic() > until:
            raise _Passing(f"the answer took more than {WHOLE} seconds")
    body, told = b"".join(parts), answer.headers.get("Content-Length", "")
    if told.isdigit() and len(body) < int(told):
        raise http.client.IncompleteRead(body, int(told) - len(body))
    if answer.headers.get("Content-Encoding", "").lower() == "gzip":
        try:
            return gzip.decompress(body)
        except (EOFError, OSError, zlib.error):
            raise _Passing("the download was cut short: its gzip does not end") from None
    return body


def _known(kept: Path, url: str) -> dict:
    """Return what is known of a kept answer, if it is whole."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        known = json.loads(kept.with_suffix(".about").read_text(encoding="utf-8"))
        if known["url"] == url and known["sha256"] == hashlib.sha256(kept.with_suffix(".json").read_bytes()).hexdigest():
            return known
    return {}


def _keep(kept: Path, url: str, answer: http.client.HTTPResponse, body: bytes) -> Path:
    """Keep an answer that is JSON, and what the server said of its age; anything else is named."""
    start = body[:2000].lstrip()
    if start.startswith(b"<"):
        title = re.search(rb"<title>\s*(.*?)\s*</title>", body[:20000], flags=re.IGNORECASE | re.DOTALL)
        what = f" ('{title[1].decode('utf-8', 'replace')[:80]}')" if title else ""
        raise ValueError(f"{url} answered with a web page{what} instead of JSON; nothing was changed. Try again later, or read a copy with --from")
    try:
        json.loads(body)
    except ValueError as error:
        raise ValueError(f"{url} answered with something that is no JSON ({error}); nothing was changed. Try again later") from None
    about = {
        "url": url,
        "etag": answer.headers.get("ETag", ""),
        "modified": answer.headers.get("Last-Modified", ""),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    for suffix, content in ((".json", body), (".about", json.dumps(about).encode())):
        aside = kept.with_suffix(f"{suffix}.{os.getpid()}")
        aside.write_bytes(content)
        aside.replace(kept.with_suffix(suffix))
    return kept.with_suffix(".json")
