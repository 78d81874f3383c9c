"""``medreason review roster``, ``links``, ``revoke`` and ``erase``: the people of a study and their links."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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


def write_links(file: Path, rows: Sequence[tuple[str, str, str]], url: str) -> None:
    """Writes name, role and personal link of people; only the owner may read the file, which is not written over.

    Raises:
        InputError: there is a file already, or it cannot be written.
    """
    import csv

    from medreason.errors import InputError
    from medreason.review.cells import cell

    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        cause = f"cannot write the links: {error.strerror}"
        raise InputError(cause, fix="give a new file in a folder that can be written", item=file.name) from error
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(["name", "role", "link"])
        table.writerows([cell(name), role, f"{url.rstrip('/')}/r/{token}"] for name, role, token in rows)


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
        from medreason.errors import InputError
        from medreason.review.roster import read_roster

        found = opened(study)
        rows = read_roster(people, found.protocol.specialties)
        if out.exists():
            raise InputError("there is a file already", fix="give a new file for the links", item=out.name)
        added = found.add_people(rows)
        write_links(out, [(row.name, row.role, token) for row, (_, token) in zip(rows, added, strict=True)], public_url)
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
        from medreason.errors import InputError

        found = opened(study)
        people = [person_of(found, name) for name in names]
        if out.exists():
            raise InputError("there is a file already", fix="give a new file for the links", item=out.name)
        write_links(out, [(p.name, p.role, found.new_token(p.id)) for p in people], public_url)
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
