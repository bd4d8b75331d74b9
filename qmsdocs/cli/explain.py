"""`explain`: the manual page of a rule."""

from __future__ import annotations

import click

from qmsdocs.cli.options import format_option
from qmsdocs.model import QmsError
from qmsdocs.render.manual import rule_page, rules_list, rules_markdown
from qmsdocs.rules import FAMILIES, RULES
from qmsdocs.rules import rule as find_rule


@click.command()
@click.argument("code", required=False)
@format_option("text", "markdown")
def explain(code: str | None, form: str) -> None:
    """Say what a rule means, why it is there, and what to do.

    CODE is the code or the name of a finding, such as RE301; without one, all rules are listed
    (--format markdown writes all their pages).
    """
    if form == "markdown":
        click.echo(rules_markdown(RULES, FAMILIES), nl=False)
        return
    if code is None:
        click.echo(rules_list(RULES, FAMILIES), nl=False)
        return
    rule = find_rule(code)
    if rule is None:
        raise QmsError(f"There is no rule '{code}'; 'qmsdocs explain' lists them all.")
    click.echo(rule_page(rule), nl=False)
