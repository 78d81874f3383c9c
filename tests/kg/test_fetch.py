"""``kg fetch`` against a server on loopback that truncates, stalls, lies about length and changes its mind."""

import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from medreason.errors import InputError, UsageError
from medreason.kg import fetch
from medreason.kg.fetch import RELEASES, Download, fetch_file, fetch_release

BODY = bytes(range(256)) * 1000


class Script:
    """What the server does, one step a request; the last step repeats."""

    def __init__(self, *steps: str) -> None:
        self.steps, self.ranges, self.body, self.tag = list(steps), [], BODY, '"one"'

    def next(self) -> str:
        return self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]


@pytest.fixture
def serve():
    servers = []

    def start(script: Script) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                step, asked = script.next(), self.headers.get("Range")
                script.ranges.append(asked)
                if self.headers.get("If-Range") not in (None, script.tag) or step == "ignores-range":
                    asked = None
                if step.isdigit():
                    self.send_error(int(step))
                    return
                total = len(script.body) + (500 if step == "lies" else 0)
                begin = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
                if begin >= total:
                    self.send_response(416)
                    self.send_header("Content-Range", f"bytes */{total}")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                data = script.body[begin:]
                self.send_response(206 if asked else 200)
                if asked:
                    self.send_header("Content-Range", f"bytes {begin}-{total - 1}/{total}")
                self.send_header("Content-Length", str(total - begin))
                self.send_header("ETag", script.tag)
                self.end_headers()
                if step in ("truncates", "stalls"):
                    data = data[: len(data) // 2]
                self.wfile.write(data)
                if step == "stalls":
                    self.wfile.flush()
                    time.sleep(1.5)
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}/file"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def get(url, folder, **options):
    known = {k: options.pop(k) for k in ("bytes", "sha256", "md5") if k in options}
    what = Download(url, "file.bin", "none", **known)
    return fetch_file(what, folder, **{"timeout": 5.0, "tries": 3, "pause": 0.01, **options})


def test_a_whole_file(serve, tmp_path):
    script = Script("whole")
    path = get(serve(script), tmp_path, sha256=hashlib.sha256(BODY).hexdigest(), bytes=len(BODY))
    assert path.read_bytes() == BODY
    assert [p.name for p in tmp_path.iterdir()] == ["file.bin"]
    assert script.ranges == [None]


def test_a_truncated_file_is_continued(serve, tmp_path):
    script = Script("truncates", "truncates", "whole")
    assert get(serve(script), tmp_path).read_bytes() == BODY
    half, rest = len(BODY) // 2, len(BODY) - len(BODY) // 2
    assert script.ranges == [None, f"bytes={half}-", f"bytes={half + rest // 2}-"]


def test_a_part_of_an_earlier_call_is_continued(serve, tmp_path):
    script = Script("truncates")
    url = serve(script)
    with pytest.raises(InputError, match="announced") as caught:
        get(url, tmp_path, tries=1)
    assert "bytes are kept" in caught.value.fix
    script.steps = ["whole"]
    assert get(url, tmp_path).read_bytes() == BODY
    assert script.ranges[-1] == f"bytes={len(BODY) // 2}-"


def test_a_part_of_another_release_is_not_continued(serve, tmp_path):
    script = Script("truncates")
    url = serve(script)
    with pytest.raises(InputError):
        get(url, tmp_path, tries=1)
    script.steps, script.body, script.tag = ["whole"], BODY[::-1], '"two"'
    assert get(url, tmp_path).read_bytes() == BODY[::-1]


def test_a_server_without_ranges_starts_again(serve, tmp_path):
    assert get(serve(Script("truncates", "ignores-range")), tmp_path).read_bytes() == BODY


def test_a_stalling_server_is_left_after_the_timeout(serve, tmp_path):
    begin = time.monotonic()
    path = get(serve(Script("stalls", "whole")), tmp_path, timeout=0.3)
    assert path.read_bytes() == BODY
    assert time.monotonic() - begin < 5


def test_a_lie_about_the_length_never_makes_a_file(serve, tmp_path):
    script = Script("lies")
    with pytest.raises(InputError):
        get(serve(script), tmp_path)
    assert not (tmp_path / "file.bin").exists()
    assert len(script.ranges) == 3


def test_a_whole_part_is_taken_as_it_is(serve, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(BODY)
    assert get(serve(Script("whole")), tmp_path).read_bytes() == BODY


def test_a_part_that_is_too_long_is_thrown_away(serve, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(BODY + b"more")
    assert get(serve(Script("whole")), tmp_path).read_bytes() == BODY


@pytest.mark.parametrize("known", [{"sha256": "0" * 64}, {"md5": "0" * 32}])
def test_a_wrong_checksum_keeps_nothing(serve, tmp_path, known):
    with pytest.raises(InputError, match="does not have the"):
        get(serve(Script("whole")), tmp_path, **known)
    assert list(tmp_path.iterdir()) == []


def test_a_server_error_is_tried_again_and_a_refusal_is_not(serve, tmp_path):
    assert get(serve(Script("503", "whole")), tmp_path / "a").read_bytes() == BODY
    script = Script("404")
    with pytest.raises(InputError, match="404"):
        get(serve(script), tmp_path / "b")
    assert len(script.ranges) == 1


def test_no_network_is_a_clear_error(tmp_path, monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InputError, match="in 2 tries") as caught:
        get("http://127.0.0.1:9/file", tmp_path, tries=2)
    assert "no proxy is set" in caught.value.fix
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with pytest.raises(InputError) as caught:
        get("http://example.invalid/file", tmp_path, tries=1)
    assert "the proxy named in http_proxy" in caught.value.fix


def test_a_release_shows_its_licences(serve, tmp_path, monkeypatch):
    url = serve(Script("whole"))
    monkeypatch.setitem(fetch.RELEASES, "hpo", (Download(url, "a.bin", "CC0"), Download(url, "b.bin", "MIT")))
    said: list[str] = []
    paths = fetch_release("hpo", tmp_path, say=said.append)
    assert [p.name for p in paths] == ["a.bin", "b.bin"]
    assert "CC0" in said[0]
    assert "MIT" in said[1]
    with pytest.raises(UsageError, match="umls"):
        fetch_release("umls", tmp_path)


def test_every_release_names_address_file_and_licence():
    assert set(RELEASES) == {"hpo", "primekg", "hetionet", "mondo"}
    for files in RELEASES.values():
        assert all(f.url.startswith("https://") and f.file and f.licence for f in files)
        assert len({f.file for f in files}) == len(files)
