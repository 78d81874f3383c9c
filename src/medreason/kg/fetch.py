"""Gets public releases with the standard library alone. Nothing else in the package ever asks the network.

A file is written to ``NAME.part`` and renamed when it is whole: its length is what the server announced, and its
length and checksum those in :data:`RELEASES` where the source publishes them. A part that is there already is
continued (HTTP Range), unless the server says by its ETag (kept in ``NAME.part.tag``) that the file is another one.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from medreason.errors import InputError, UsageError

BLOCK = 1 << 16
PAUSE = 1.0  # seconds before the second try; doubles with every further one
AGENT = "medreason-kg-fetch"
_TOTAL = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
Say = Callable[[str], object]


class Download(NamedTuple):
    """One file of a release; ``None`` where the source publishes no length or checksum."""

    url: str
    file: str
    licence: str
    bytes: int | None = None
    sha256: str | None = None
    md5: str | None = None


_HPO = "HPO licence: free use with attribution and version, https://hpo.jax.org/app/license"
_HPO_AT = "https://github.com/obophenotype/human-phenotype-ontology/releases/latest/download"
_HETIONET = "CC0 1.0; parts carry the terms of their sources, https://het.io/about"
_HETIONET_AT = "https://github.com/hetio/hetionet/raw/main/hetnet/tsv"
RELEASES: dict[str, tuple[Download, ...]] = {
    "hpo": tuple(
        Download(f"{_HPO_AT}/{name}", name, _HPO) for name in ("hp.obo", "phenotype.hpoa", "genes_to_disease.txt")
    ),
    "primekg": (  # version 2.1 of doi:10.7910/DVN/IXA7BM; Dataverse publishes an MD5
        Download(
            "https://dataverse.harvard.edu/api/access/datafile/6180620",
            "kg.csv",
            "CC0 1.0 as Harvard Dataverse states (PrimeKG's code: MIT); its sources have terms of their own",
            981_751_236,
            md5="aac8191d4fbc5bf09cdf8c3c78b4e75f",
        ),
    ),
    "hetionet": (
        Download(f"{_HETIONET_AT}/hetionet-v1.0-nodes.tsv", "hetionet-v1.0-nodes.tsv", _HETIONET),
        Download(f"{_HETIONET_AT}/hetionet-v1.0-edges.sif.gz", "hetionet-v1.0-edges.sif.gz", _HETIONET),
    ),
    "mondo": (
        Download("https://purl.obolibrary.org/obo/mondo.obo", "mondo.obo", "CC BY 4.0, https://mondo.monarchinitiative.org"),
        Download(
            "https://github.com/monarch-initiative/mondo/raw/master/src/ontology/mappings/mondo.sssom.tsv",
            "mondo.sssom.tsv",
            "CC BY 4.0, https://mondo.monarchinitiative.org",
        ),
    ),
}  # fmt: skip


class _Again(Exception):
    """A try failed in a way that another may mend."""


def _open(url: str, start: int, tag: str, timeout: float) -> http.client.HTTPResponse:
    headers = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
        if tag:
            headers["If-Range"] = tag
    response: http.client.HTTPResponse = urllib.request.urlopen(
        urllib.request.Request(url, headers=headers), timeout=timeout
    )
    return response


def _announced(response: http.client.HTTPResponse, start: int) -> tuple[int, int | None]:
    """Where the body begins in the file, and the length of the whole file if the server says it."""
    length = response.headers.get("Content-Length")
    if response.status == 206:
        match = _TOTAL.match(response.headers.get("Content-Range", ""))
        if match is None or int(match[1]) != start:
            raise _Again("the server continued at another place than asked")
        return start, int(match[2]) if match[2] != "*" else None
    return 0, int(length) if length and length.isdigit() else None


def _one_try(what: Download, part: Path, timeout: float) -> None:
    """Appends to the part until the server is done; raises ``_Again`` if it is not whole then."""
    start = part.stat().st_size if part.exists() else 0
    tag = part.with_name(f"{part.name}.tag")
    try:
        with _open(what.url, start, tag.read_text() if tag.exists() else "", timeout) as response:
            start, total = _announced(response, start)
            tag.write_text(_strong(response.headers.get("ETag", "")))
            with part.open("r+b" if part.exists() else "wb") as out:
                out.seek(start)
                out.truncate()
                while block := response.read(BLOCK):
                    out.write(block)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # the part is as long as the file, or longer
            if not _is_whole(error, start) or what.bytes not in (None, start):
                part.unlink(missing_ok=True)
                raise _Again("the part was longer than the file") from error
            return
        if error.code in (408, 429) or error.code >= 500:
            raise _Again(f"the server answered {error.code} {error.reason}") from error
        raise InputError(
            f"the server answered {error.code} {error.reason} for {what.url}",
            fix="the address may have moved, or a proxy refuses it: get the file with a browser and give --input",
            item=what.file,
        ) from error
    except (http.client.HTTPException, TimeoutError, urllib.error.URLError, ConnectionError, ssl.SSLError) as error:
        reason = getattr(error, "reason", None) or error
        raise _Again(f"{type(error).__name__}: {reason}") from error
    size = part.stat().st_size
    wanted = what.bytes if what.bytes is not None else total
    if wanted is not None and size != wanted:
        if size > wanted:
            part.unlink()
        raise _Again(f"{size:,} bytes came, {wanted:,} were announced")


def _strong(tag: str) -> str:
    """An ETag that may stand in If-Range; weak ones may not."""
    return tag if tag.startswith('"') else ""


def _is_whole(error: urllib.error.HTTPError, size: int) -> bool:
    return (error.headers.get("Content-Range") or "") == f"bytes */{size}"


def _digest(path: Path, kind: str) -> str:
    with path.open("rb") as data:
        return hashlib.file_digest(data, kind).hexdigest()


def _wrong(what: Download, path: Path) -> str:
    """The checksum that does not agree, empty if all that are known do."""
    known = {"sha256": what.sha256, "md5": what.md5}
    return next((f"{k} {v}" for k, v in known.items() if v is not None and _digest(path, k) != v), "")


def fetch_file(what: Download, folder: Path, *, timeout: float = 60.0, tries: int = 5, pause: float = PAUSE) -> Path:
    """Gets one file; one that is there already, whole, is kept.

    Raises:
        InputError: the server, a proxy or the network does not give the file whole in ``tries`` tries, its checksum
             is another one, or the folder cannot be written. What came is kept as ``.part`` for the next call.
    """
    path, part = folder / what.file, folder / f"{what.file}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists() and not _wrong(what, path):
            return path
        reasons: list[str] = []
        for turn in range(tries):
            if turn:
                time.sleep(min(pause * 2 ** (turn - 1), 30.0))
            try:
                _one_try(what, part, timeout)
                break
            except _Again as error:
                reasons.append(str(error))
        else:
            raise InputError(
                f"cannot get {what.url} in {tries} tries; the last: {reasons[-1]}",
                fix=_advice(part),
                item=what.file,
            )
        part.with_name(f"{part.name}.tag").unlink(missing_ok=True)
        if wrong := _wrong(what, part):
            part.unlink()
            raise InputError(
                f"{what.url} does not have the {wrong}",
                fix="the release has changed or was altered on the way; nothing was kept",
                item=what.file,
            )
        part.replace(path)
    except OSError as error:
        raise InputError(f"cannot write: {error}", fix="give a folder with room: --to DIR", item=what.file) from error
    return path


def _advice(part: Path) -> str:
    proxy = next((n for n in ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY") if os.environ.get(n)), "")
    via = f"the proxy named in {proxy} is used" if proxy else "no proxy is set (https_proxy)"
    kept = f"; {part.stat().st_size:,} bytes are kept and will be continued" if part.exists() else ""
    return f"check the network: {via}; offline, get the file elsewhere and give it with --input{kept}"


def fetch_release(
    name: str, folder: Path, *, timeout: float = 60.0, tries: int = 5, pause: float = PAUSE, say: Say = print
) -> list[Path]:
    """Gets all files of a release, each announced with its address and licence.

    Raises:
        UsageError: there is no such release.
        InputError: as :func:`fetch_file`.
    """
    if name not in RELEASES:
        raise UsageError(f"there is no release {name!r}", fix=f"give one of: {', '.join(RELEASES)}")
    paths = []
    for what in RELEASES[name]:
        say(f"{what.file} from {what.url}\n  licence: {what.licence}")
        paths.append(fetch_file(what, folder, timeout=timeout, tries=tries, pause=pause))
    return paths
