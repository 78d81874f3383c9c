"""The review server killed with SIGKILL during saves, many times: is any acknowledged answer lost?

    python -m benchmarks.review_kill [--kills 50]

Eight reviewers save without a pause while the server runs; at a random moment it is killed, and started anew. Each save
has a number in its comment. An answer counts as acknowledged when its reply was read in full. After each kill the study
file is opened and the latest revision of each case must be the acknowledged one or the one that was on its way.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from tests.review.server.guests import CSRF
from tests.review.server.made import make
from tests.review.server.running import Running

from medreason.review.store import StudyFile

REVIEWERS = 8


@dataclass
class Writer:
    """A reviewer who saves one case again and again.

    Attributes:
        revision: The latest acknowledged one.
        number: In the comment of the latest acknowledged save.
        saves: Acknowledged in all.
        tried: In the comment of the latest save sent.
    """

    token: str
    key: str
    revision: int = 0
    number: int = 0
    tried: int = 0
    saves: int = 0

    def work(self, url: str) -> None:
        """Saves until the server is gone."""
        try:
            with httpx2.Client(base_url=url, timeout=30, follow_redirects=True) as client:
                self._save(client)
        except httpx2.TransportError:
            return

    def _save(self, client: httpx2.Client) -> None:
        page = client.get(f"/r/{self.token}").text
        found = CSRF.search(page)
        assert found, page
        headers = {"X-CSRF-Token": found[1], "Accept": "application/json"}
        if 'name="agree"' in page:
            client.post("/consent", data={"csrf": found[1], "agree": "yes"})
        while True:
            self.tried += 1
            body: dict[str, Any] = {"steps": {}, "scales": {}, "preference": None, "confidence": None,
                                    "outside_specialty": True, "comment": str(self.tried)}  # fmt: skip
            sent = {"base": self.revision, "body": body}
            reply = client.put(f"/task/{self.key}/answer", json=sent, headers=headers)
            assert reply.status_code == 200, reply.text
            self.revision, self.number = int(reply.json()["revision"]), self.tried
            self.saves += 1


def verify(study: StudyFile, writers: list[Writer]) -> int:
    """Compares the file with what was acknowledged; how many answers were lost. Writers go on from what is there."""
    lost = 0
    for writer in writers:
        saved = study.answer(writer.key)
        revision, number = (saved.revision, int(saved.body.comment)) if saved else (0, 0)
        kept = (revision, number) == (writer.revision, writer.number)
        on_its_way = (revision, number) == (writer.revision + 1, writer.tried)
        lost += not (kept or on_its_way)
        writer.revision, writer.number = revision, number
    return lost


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    given = parser.parse_args()
    chance = random.Random(11)
    lost = unacknowledged = 0
    with tempfile.TemporaryDirectory() as folder:
        names = [f"reviewer {n}" for n in range(REVIEWERS)]
        made = make(Path(folder), items=2, reviewers=names, overlap=REVIEWERS)
        writers = [Writer(made.tokens[name], made.task(name)) for name in names]
        for _ in range(given.kills):
            server = Running(made.path)
            threads = [threading.Thread(target=writer.work, args=(server.url,)) for writer in writers]
            for thread in threads:
                thread.start()
            time.sleep(chance.uniform(0.4, 1.6))
            server.kill()
            for thread in threads:
                thread.join()
            before = [writer.revision for writer in writers]
            lost += verify(StudyFile.open(made.path), writers)
            unacknowledged += sum(w.revision - b for w, b in zip(writers, before, strict=True))
    print(f"{given.kills} kills, {sum(w.saves for w in writers):,} saves acknowledged, {lost} lost,"
          f" {unacknowledged} saved whose reply was cut off")  # fmt: skip
    if lost:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
