"""``medreason review roster``, ``links``, ``revoke`` and ``erase``: the people of a study and their links."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medreason.errors import MedReasonError

if TYPE_CHECKING:
    from medreason.review.store import PersonRow, StudyFile

Study = Annotated[Path, typer.Argument(metavar="STUDY.db", help="A study made by medreason review create.")]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="LINKS.csv", help="Where the personal links are written.")]
Url = Annotated[str, typer.Option("--public-url", metavar="URL", help="Address at which people reach the server.")]
HERE = "http://127.0.0.1:8600"


def person_of(study: StudyFile, wanted: str) -> PersonRow:
    """The person of this name or id.

    Raises:
        InputError: there is none.
    """
    from medreason.errors import InputError

    found = [p for p in study.people() if not p.erased and wanted in {p.id, p.name}]
    if not found:
        raise InputError("there is no such person in the study", fix="medreason review status names them", item=wanted)
    return found[0]


@contextmanager
def links_file(file: Path, url: str) -> Iterator[Callable[[str, str, str], None]]:
    """A new file for personal links that only its owner may read; takes name, role and token of each.

    It is made before anybody is added, as a token that could not be written is lost; it goes when the block fails.

    Raises:
        InputError: there is a file already, or it cannot be written.
    """
    import csv

    from medreason.errors import InputError
    from medreason.review.cells import cell

    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InputError("there is a file already", fix="give a new file for the links", item=file.name) from None
    except OSError as error:
        cause = f"cannot write the links: {error.strerror}"
        raise InputError(cause, fix="give a file in a folder that can be written", item=file.name) from error
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(["name", "role", "link"])

        def add(name: str, role: str, token: str) -> None:
            table.writerow([cell(name), role, f"{url.rstrip('/')}/r/{token}"])
            out.flush()

        try:
            yield add
        except MedReasonError:
            file.unlink(missing_ok=True)
            raise


def register(group: typer.Typer) -> None:
    """Adds the commands."""

    @group.command("roster")
    def roster(
        study: Study,
        people: Annotated[Path, typer.Argument(metavar="PEOPLE.csv", help="Columns name, role, specialties (a; b).")],
        out: Out,
        public_url: Url = HERE,
    ) -> None:
        """Add people, draw the reviewers' cases, and write the personal links. Links are shown this once."""
        from medreason.cli.review import _say, opened
        from medreason.review.roster import read_roster

        found = opened(study)
        rows = read_roster(people, found.protocol.specialties)
        with links_file(out, public_url) as add:
            added = found.add_people(rows)
            for row, (_, token) in zip(rows, added, strict=True):
                add(row.name, row.role, token)
        loads = sorted(p.total for p in found.people() if p.role == "reviewer" and p.id in {i for i, _ in added})
        span = f"{loads[0]} to {loads[-1]}" if loads and loads[0] < loads[-1] else f"{loads[0]}" if loads else ""
        told = f"; {span} cases each, repeats included" if loads else ""
        _say(f"{len(added)} people added{told}; links in {out.name}", "Send each link to its owner alone.")

    @group.command("links")
    def links(
        study: Study,
        names: Annotated[list[str], typer.Argument(metavar="NAME…", help="Who gets a new link.")],
        out: Out,
        public_url: Url = HERE,
    ) -> None:
        """Write new personal links; the earlier ones, and their sessions, end."""
        from medreason.cli.review import _say, opened

        found = opened(study)
        people = [person_of(found, name) for name in names]
        with links_file(out, public_url) as add:
            for person in people:
                add(person.name, person.role, found.new_token(person.id))
        _say(f"links of {len(people)} people in {out.name}")

    @group.command("revoke")
    def revoke(study: Study, name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
        """End a person's link and sessions; what was answered stays."""
        from medreason.cli.review import _say, opened

        found = opened(study)
        found.revoke(person_of(found, name).id)
        _say("revoked and logged; medreason review links gives a new link")

    @group.command("erase")
    def erase(
        study: Study,
        name: Annotated[str, typer.Argument(metavar="NAME")],
        yes: Annotated[bool, typer.Option("--yes", help="Really.")] = False,
    ) -> None:
        """Remove a person's name, link, answers and decisions for good. Backups made before still hold them."""
        from medreason.cli.review import _say, opened
        from medreason.errors import UsageError

        found = opened(study)
        person = person_of(found, name)
        if not yes:
            raise UsageError(f"this removes {person.done} answers of {name} for good", fix="add --yes if that is meant")
        found.erase(person.id)
        _say(f"erased and logged as {person.id}; delete or re-make backups made before")
