"""Downloads against a server of our own on this machine; never the real one."""

import gzip
import http.server
import itertools
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from outlay.tools import fetch

CIK = 789019
PAGE = f"/CIK{CIK:010d}.json"
ENTRY = {"start": "2025-07-01", "end": "2025-09-30", "val": 19394000000, "accn": "0001193125-25-256321", "form": "10-Q", "filed": "2025-10-29"}
FACTS = json.dumps({"cik": CIK, "facts": {"us-gaap": {"NetIncomeLoss": {"units": {"USD": [ENTRY]}}}}}).encode()


@pytest.fixture
def server(monkeypatch):
    """A server that answers as it is told: a list of functions, one a request; the last one goes on answering."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            site.asked.append((time.monotonic(), self.path, dict(self.headers)))
            (site.answers.pop(0) if len(site.answers) > 1 else site.answers[0])(self)

        def log_message(self, *_):
            pass

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.daemon_threads = True
    site.asked, site.answers = [], []
    site.url = f"http://127.0.0.1:{site.server_port}"
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield site
    site.shutdown()
    site.server_close()
    thread.join()


def answer(code=200, body=FACTS, length=None, **headers):
    def send(handler):
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return send


def ask(server, tmp_path, *answers, ciks=(CIK,), **how):
    """Return what came, and how long was waited between tries."""
    server.answers[:] = answers
    waited = []
    found = fetch.facts(ciks, server.url, cache=tmp_path / "cache", sleep=waited.append, **how)
    return found, [seconds for seconds in waited if seconds > 0.2]


def refused(server, tmp_path, *answers, **how):
    with pytest.raises(ValueError) as caught:
        ask(server, tmp_path, *answers, **how)
    assert "\n" not in str(caught.value)
    assert server.url in str(caught.value)
    return str(caught.value)


def test_facts_come_from_a_mirror_under_the_name_of_the_sec(server, tmp_path):
    found, waited = ask(server, tmp_path, answer(), contact="me@example.org")
    assert [(fact["tag"], fact["value"]) for fact in found[CIK]] == [("us-gaap:NetIncomeLoss", 19394000000)]
    [(_, path, headers)] = server.asked
    assert (path, headers["User-Agent"], headers["Accept-Encoding"], waited) == (PAGE, "outlay me@example.org", "gzip", [])


def test_a_packed_answer_is_unpacked(server, tmp_path):
    assert len(ask(server, tmp_path, answer(body=gzip.compress(FACTS), Content_Encoding="gzip"))[0][CIK]) == 1


def test_what_has_not_changed_is_not_sent_again(server, tmp_path):
    first, _ = ask(server, tmp_path, answer(ETag='"one"', Last_Modified="Wed, 29 Oct 2025 20:00:00 GMT"))
    again, _ = ask(server, tmp_path, answer(304, b""))
    assert again == first
    headers = server.asked[1][2]
    assert (headers["If-None-Match"], headers["If-Modified-Since"]) == ('"one"', "Wed, 29 Oct 2025 20:00:00 GMT")


def test_a_kept_answer_that_was_damaged_is_asked_for_anew(server, tmp_path):
    ask(server, tmp_path, answer(ETag='"one"'))
    [kept] = (tmp_path / "cache").glob("*.json")
    kept.write_bytes(FACTS[:-20])
    ask(server, tmp_path, answer(ETag='"two"'))
    assert "If-None-Match" not in server.asked[1][2]


def test_too_many_requests_are_tried_again_when_the_server_says(server, tmp_path):
    _, waited = ask(server, tmp_path, answer(429, b"", Retry_After="7"), answer(503, b""), answer())
    assert waited == [7.0, 2]
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    _, waited = ask(server, tmp_path, answer(429, b"", Retry_After=later), answer())
    assert 30 < waited[0] <= 40


def test_a_server_that_asks_to_wait_for_an_hour_is_not_waited_for(server, tmp_path):
    said = refused(server, tmp_path, answer(429, b"", Retry_After="3600"))
    assert "the server answered 429 Too Many Requests, and asks to wait 3600 seconds; nothing was changed" in said
    assert len(server.asked) == 1


def test_a_server_that_fails_for_ever_is_given_up_after_ever_longer_waits(server, tmp_path):
    server.answers[:] = [answer(500, b"")]
    waited = []
    with pytest.raises(ValueError, match="the server answered 500 Internal Server Error, 5 times; nothing was changed. Try again later"):
        fetch.facts([CIK], server.url, cache=tmp_path / "cache", sleep=waited.append)
    assert (len(server.asked), [seconds for seconds in waited if seconds > 0.2]) == (5, [1, 2, 4, 8])


@pytest.mark.parametrize("packed", [False, True])
def test_a_download_that_is_cut_short_is_named_and_not_kept(server, tmp_path, packed):
    body, how = (gzip.compress(FACTS), {"Content_Encoding": "gzip"}) if packed else (FACTS, {})

    def cut(handler):
        answer(body=body[:60], length=len(body), **how)(handler)
        handler.close_connection = True

    said = refused(server, tmp_path, cut)
    assert f"the download was cut short: 60 of {len(body)} bytes came, 5 times" in said
    assert not list((tmp_path / "cache").iterdir())
    assert len(ask(server, tmp_path, cut, answer())[0][CIK]) == 1


def test_a_gzip_without_an_end_is_cut_short_whatever_its_length_says(server, tmp_path):
    assert "its gzip does not end" in refused(server, tmp_path, answer(body=gzip.compress(FACTS)[:-12], Content_Encoding="gzip"))


def test_a_web_page_instead_of_json_is_called_one(server, tmp_path):
    said = refused(server, tmp_path, answer(body=b"<!DOCTYPE html><html><title> Undeclared  Tool </title>", Content_Type="text/html"))
    assert "answered with a web page ('Undeclared  Tool') instead of JSON; nothing was changed" in said
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (answer(403, b"no"), "403 Forbidden; nothing was changed. The SEC answers so to callers whose User-Agent does not name them"),
        (answer(404, b""), "404 Not Found; nothing was changed. Check the central index key"),
        (answer(410, b""), "410 Gone; nothing was changed"),
        (answer(body=b""), "is no JSON"),
        (answer(body=FACTS[:-20]), "is no JSON"),
        (answer(body=b"{}"), "is no company-facts JSON"),
        (answer(body=b"[1, 2]"), "is no company-facts JSON (expected cik and facts, by taxonomy, tag and unit)"),
        (answer(body=FACTS.replace(b"789019", b"320193")), "holds the facts of central index key 320193, not of 789019"),
        (answer(body=FACTS.replace(b"2025-09-30", b"2025-09-31")), "found end '2025-09-31', expected a date"),
    ],
)
def test_what_is_no_answer_is_said_in_one_line(server, tmp_path, answers, words):
    assert words in refused(server, tmp_path, answers)
    assert len(server.asked) == 1


def test_a_redirect_in_a_circle_is_one_line(server, tmp_path):
    assert "redirects without end; nothing was changed" in refused(server, tmp_path, answer(302, b"", Location=PAGE))


def test_a_figure_from_a_mirror_goes_by_its_address_and_not_by_the_name_that_it_is_kept_under(server, tmp_path):
    [fact] = ask(server, tmp_path, answer())[0][CIK]
    assert fact["copies"] == [server.url + PAGE]
    other = json.dumps({"start": ENTRY["start"], **ENTRY, "val": 1}).encode()
    server.answers[:] = [answer(body=FACTS.replace(b"}]}}}}", b"}, " + other + b"]}}}}"))]
    with pytest.raises(ValueError, match="one filing has two values") as caught:
        fetch.facts([CIK], server.url, cache=tmp_path / "cache", sleep=lambda _: None)
    assert f"19394000000 USD ({server.url + PAGE}) and 1 USD ({server.url + PAGE})" in str(caught.value)


def test_a_redirect_to_another_host_is_not_followed(server, tmp_path):
    said = refused(server, tmp_path, answer(302, b"", Location=f"http://localhost:{server.server_port}{PAGE}"))
    assert f"redirects to another place, http://localhost:{server.server_port}; it was not followed" in said
    assert len(server.asked) == 1


def test_a_redirect_on_the_same_host_is_followed(server, tmp_path):
    assert len(ask(server, tmp_path, answer(301, b"", Location="/elsewhere.json"), answer())[0][CIK]) == 1
    assert [path for _, path, _ in server.asked] == [PAGE, "/elsewhere.json"]


def test_a_server_that_says_nothing_is_not_waited_for(server, tmp_path):
    done = threading.Event()
    said = refused(server, tmp_path, lambda _: done.wait(5), timeout=0.05)
    done.set()
    assert "no answer in time, 5 times" in said


def test_nobody_at_that_address_is_one_line(tmp_path, server):
    server.shutdown()
    server.server_close()
    server.answers[:] = [answer()]
    with pytest.raises(ValueError, match="the connection failed"):
        fetch.facts([CIK], server.url, cache=tmp_path / "cache", sleep=lambda _: None)


def test_at_most_eight_requests_go_out_in_a_second(server, tmp_path):
    def each(handler):
        answer(body=FACTS.replace(b"789019", str(int(handler.path[4:14])).encode()))(handler)

    server.answers[:] = [each]
    fetch.facts(range(1, 5), server.url, cache=tmp_path / "cache")
    times = [moment for moment, _, _ in server.asked]
    assert len(times) == 4
    assert all(later - earlier > 0.12 for earlier, later in itertools.pairwise(times))


def test_nothing_is_handed_on_before_every_company_was_read(server, tmp_path):
    refused(server, tmp_path, answer(body=FACTS.replace(b"789019", b"1")), answer(404, b""), ciks=(1, 2))


@pytest.mark.parametrize("contact", ["", "nobody", "me at example.org", "me@localhost", "a@b.org\nHost: x"])
def test_the_sec_is_not_asked_without_a_contact(contact):
    with pytest.raises(ValueError, match="contact"):
        fetch.facts([CIK], "", contact)


def test_a_folder_gives_all_snapshots_of_a_company_packed_or_not(tmp_path):
    other = {**ENTRY, "end": "2025-12-31", "start": "2025-10-01", "accn": "0001193125-26-000001", "filed": "2026-01-28"}
    (tmp_path / "old.json").write_bytes(FACTS)
    (tmp_path / "CIK0000789019.json.gz").write_bytes(gzip.compress(json.dumps({"cik": CIK, "facts": {"us-gaap": {"NetIncomeLoss": {"units": {"USD": [ENTRY, other]}}}}}).encode()))
    (tmp_path / "CIK0000000001.json").write_text("not looked at", encoding="utf-8")
    found = fetch.facts([CIK, 2], str(tmp_path))
    assert {fact["end"]: len(fact["copies"]) for fact in found[CIK]} == {"2025-09-30": 2, "2025-12-31": 1}


@pytest.mark.parametrize(("name", "words"), [("", "holds no .json"), ("nowhere", "there is no file or folder")])
def test_a_folder_without_facts_is_refused(tmp_path, name, words):
    with pytest.raises(ValueError, match=words):
        fetch.facts([CIK], str(tmp_path / name))


def test_a_packed_file_that_is_cut_short_is_refused(tmp_path):
    (tmp_path / "CIK0000789019.json.gz").write_bytes(gzip.compress(FACTS)[:-10])
    with pytest.raises(ValueError, match="is no company-facts JSON"):
        fetch.facts([CIK], str(tmp_path))
