"""The verbs that sign: `review`, `approve`, `reject`, `revoke`, `periodic-review`, `acknowledge`, `close`, `baseline`."""

from __future__ import annotations

from dataclasses import replace

import click

from qmsdocs.cli.signed import Request, carry_out, require_comment, signs
from qmsdocs.model import Meaning, ReviewVerdict


@click.command()
@signs(Meaning.REVIEW)
def review(request: Request) -> None:
    """Sign that you reviewed a draft."""
    carry_out(request)


@click.command()
@signs(Meaning.APPROVE)
def approve(request: Request) -> None:
    """Sign that you approve a draft.

    Shows what changed against the revision in force, asks, signs with your SSH key and commits the signed record.
    """
    carry_out(request)


@click.command()
@signs(Meaning.REJECT)
def reject(request: Request) -> None:
    """Sign that a draft must not be approved as it is; --comment says why."""
    require_comment(request, "why it cannot be approved")
    carry_out(request)


@click.command()
@signs(Meaning.REVOKE)
def revoke(request: Request) -> None:
    """Take back the approval of a revision: it is suspended, or cancelled before it took effect; --comment says why."""
    require_comment(request, "why the revision must not be used")
    carry_out(request)


@click.command()
@click.option(
    "--verdict", type=click.Choice([v.value for v in ReviewVerdict]), required=True, help="What the review came to."
)
@signs(Meaning.PERIODIC_REVIEW)
def periodic_review(request: Request, verdict: str) -> None:
    """Sign the periodic review of a document in force."""
    carry_out(replace(request, verdict=ReviewVerdict(verdict)))


@click.command()
@signs(Meaning.ACKNOWLEDGE)
def acknowledge(request: Request) -> None:
    """Sign that you have read and understood the revision in force."""
    carry_out(request)


@click.command()
@signs(Meaning.CLOSE)
def close(request: Request) -> None:
    """Sign that a record is complete: from then on its text must not change."""
    carry_out(request)


@click.command()
@signs(Meaning.BASELINE)
def baseline(request: Request) -> None:
    """Bring a legacy document in at its old revision; --comment says who approved it on paper, and when.

    Once for each document, before anything else of it is approved. It is shown as a baseline, never as an approval.
    """
    require_comment(request, "who approved it on paper, and when")
    carry_out(request)
