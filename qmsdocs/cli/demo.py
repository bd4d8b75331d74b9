"""`demo`: the sample QMS with its three years of history."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import click

from qmsdocs.cli.console import tell
from qmsdocs.cli.opened import judged_mainline
from qmsdocs.cli.register import FORMATS, rendered
from qmsdocs.cli.site import progress_bar
from qmsdocs.demo import KEYS_FOLDER, Story, read_story, replay_story
from qmsdocs.lifecycle import State
from qmsdocs.model import QmsError
from qmsdocs.publish import publish
from qmsdocs.register import Register, build_register
from qmsdocs.render.status import status_text
from qmsdocs.shipped import shipped
from qmsdocs.status import outlook

SITE_FOLDER = "site"
REGISTER_FOLDER = "register"
_SUFFIX = {"text": "txt"}


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), default=Path("demo-qms"), metavar="[DIR]")
def demo(directory: Path) -> None:
    """Replay the sample QMS, with its history and signatures, into DIR (default: demo-qms).

    The signing keys are made from a published seed: they are worthless, and for this sample alone.
    """
    story = read_story(shipped("sample-qms"))
    new_folder = not directory.exists()
    if not new_folder and (not directory.is_dir() or any(directory.iterdir())):
        raise QmsError(f"{directory} is there already and not empty; name another place: 'qmsdocs demo DIR'.")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        tell(f"Replaying {len(story.steps)} steps of {story.organisation} …")
        repository = replay_story(story, directory.resolve())
    except BaseException:
        _clear(directory, new_folder)
        raise
    judged = judged_mainline(directory, None, story.ends)
    repository.exclude(f"/{REGISTER_FOLDER}/")
    register = build_register(judged.state, judged.findings)
    _write(register, directory / REGISTER_FOLDER)
    repository.exclude(f"/{SITE_FOLDER}/")
    with progress_bar() as progress:
        site = (directory / SITE_FOLDER).absolute()
        publish(judged.repository, judged.library, judged.state, site, past=True, progress=progress)
    click.echo(status_text(outlook(judged.state), story.organisation))
    click.echo(_next(directory, story, judged.state, register), nl=False)


def _clear(directory: Path, new_folder: bool) -> None:
    if new_folder:
        shutil.rmtree(directory, ignore_errors=True)
        return
    for entry in directory.iterdir():
        shutil.rmtree(entry, ignore_errors=True) if entry.is_dir() else entry.unlink(missing_ok=True)


def _write(register: Register, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for form in FORMATS:
        data = rendered(register, form)
        file = folder / f"register.{_SUFFIX.get(form, form)}"
        file.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8", "backslashreplace"))


def _next(directory: Path, story: Story, state: State, register: Register) -> str:
    waiting = next((task for task in outlook(state).signatures if task.people and task.command), None)
    document = waiting.document if waiting else register.documents[0].id
    lines = [
        f"{len(register.documents)} documents, {len(register.external)} external documents and "
        f"{len(register.records)} records of {story.organisation},",
        f"as of {story.ends}, the last day of the story; commit {register.commit[:12]}.",
        "",
        f"Open   {directory / SITE_FOLDER / 'index.html'}   the documents in force, the register, who waits for what",
        f"       {directory / REGISTER_FOLDER / 'register.html'}   the register alone (csv, xlsx, json and txt beside it)",
    ]
    steps = [
        *(
            []
            if shutil.which("qmsdocs")
            else [(f". {os.path.relpath(sys.prefix)}/bin/activate", "puts qmsdocs on your PATH")]
        ),
        (f"cd {directory}", ""),
        ("qmsdocs register --as-of 2025-03-14", "what was in force that day"),
        (f"qmsdocs history {document}", "a document's life"),
        (f"qmsdocs register --why {document}", "where every cell came from"),
        ("qmsdocs check", "all rules on the files as they stand"),
    ]
    if waiting:
        who = waiting.people[0]
        steps.append((f"{waiting.command} --key .git/{KEYS_FOLDER}/{who.id}", f"sign as {who.name}"))
    width = max(len(command) for command, _ in steps)
    for number, (command, what) in enumerate(steps):
        lines.append(f"{'Type' if number == 0 else '':<7}{command:<{width}}  {what}".rstrip())
    warning = f"The keys in .git/{KEYS_FOLDER} come from a published seed. They are WORTHLESS: never trust them, never use them elsewhere."
    return "\n".join([*lines, "", warning, ""])
