"""Commands of the installation: `flask --app wsgi <command>`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask, current_app
from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError, ProgrammingError

from loumass.config import Settings

#: SQLSTATE (PostgreSQL documentation, appendix A).
INSUFFICIENT_PRIVILEGE = "42501"


def add_commands(app: Flask) -> None:
    """Give `app` its commands."""
    for command in (
        db_roles,
        migrate,
        seed,
        prepare,
        clock,
        reseal,
        backup,
        restore,
        class_hits_again,
        rebuild_figures,
        plan,
    ):
        app.cli.add_command(command)


def _settings() -> Settings:
    return current_app.extensions["loumass.settings"]


@contextmanager
def _one_sentence() -> Iterator[None]:
    """What a server refuses is told in one sentence, not as a traceback."""
    from loumass.core.migrating import Unfit
    from loumass.core.storage import StorageUnavailable

    try:
        yield
    except Unfit as problem:
        raise click.ClickException(str(problem)) from problem
    except ProgrammingError as problem:
        if getattr(problem.orig, "sqlstate", None) != INSUFFICIENT_PRIVILEGE:
            raise
        raise click.ClickException(
            f"The login of OWNER_DATABASE_URL must own its database and have CREATEROLE: {_first_line(problem.orig)}"
        ) from problem
    except OperationalError as problem:
        raise click.ClickException(f"PostgreSQL does not let us in: {_first_line(problem.orig)}") from problem
    except StorageUnavailable as problem:
        raise click.ClickException(problem.sentence) from problem
    except RedisError as problem:
        raise click.ClickException(f"Redis does not answer: {_first_line(problem)}") from problem


def _first_line(problem: BaseException | None) -> str:
    return next(iter(str(problem).splitlines()), "it gave no reason")


@click.command("db-roles")
def db_roles() -> None:
    """Create the four database roles and what they need. Repeatable."""
    # Loaded here, as below: the web process and the clock never migrate.
    from loumass.core import migrating

    with _one_sentence():
        migrating.prepare_roles(_settings().owner_database_url)


@click.command("migrate")
def migrate() -> None:
    """Bring the schema to the newest migration."""
    from loumass.core import migrating

    with _one_sentence():
        print("schema at", migrating.migrate(_settings().owner_database_url))


@click.command("clock")
def clock() -> None:
    """Ring what is due, every second."""
    from loumass.ticker import run_forever

    run_forever()


@click.command("seed")
def seed() -> None:
    """Make the demo organization, once."""
    from loumass.seeding import seed as make_demo

    print("demo organization made" if make_demo() else "demo organization is there")


@click.command("prepare")
@click.pass_context
def prepare(context: click.Context) -> None:
    """db-roles, migrate and seed in one go, as `make up` needs them. Repeatable."""
    with _one_sentence():
        current_app.extensions["loumass.redis"].ping()
    for step in (db_roles, migrate, seed):
        context.invoke(step)


@click.command("reseal")
def reseal() -> None:
    """Seal everything with the first of SEALING_KEYS, so that the others can be removed."""
    from loumass.resealing import reseal as seal_again

    print(f"{seal_again()} values sealed again with {_settings().sealing_keys[0][0]}")


@click.command("class-hits-again")
@click.option("--days", type=click.IntRange(1, 400), default=30, help="How far back.")
def class_hits_again(days: int) -> None:
    """Class opens and clicks anew: after the list of networks was edited, or the rules changed."""
    from loumass.messages.jobs import everybodys_hits_again

    everybodys_hits_again(days)
    print(f"the hits of {days} days are classed again by the workers")


@click.command("rebuild-figures")
def rebuild_figures() -> None:
    """Count every figure anew from the facts: after a restore, or when a number seems wrong."""
    from loumass.analytics.jobs import rebuild_everybody

    print(f"the figures of {rebuild_everybody()} organizations are counted anew by the workers")


@click.command("backup")
@click.argument("folder", type=click.Path(path_type=Path))
def backup(folder: Path) -> None:
    """Write database and files to FOLDER, while work goes on. Keys are never in it."""
    from loumass.backups import Unfitting, back_up

    with _one_sentence():
        try:
            made = back_up(_settings(), folder)
        except Unfitting as problem:
            raise click.ClickException(str(problem)) from problem
    print(f"backup in {folder}: schema {made.schema}, {made.files} files")


@click.command("restore")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--nothing-sent-since", is_flag=True, help="Do not pause senders and campaigns: no message left since."
)
def restore(folder: Path, nothing_sent_since: bool) -> None:
    """Fill an empty database and the storage from the backup in FOLDER, before any process runs."""
    from loumass.backups import Unfitting
    from loumass.backups import restore as bring_back

    with _one_sentence():
        try:
            made = bring_back(_settings(), folder, nothing_sent_since=nothing_sent_since)
        except Unfitting as problem:
            raise click.ClickException(str(problem)) from problem
    paused = (
        "" if nothing_sent_since else "; senders and running campaigns are paused until somebody resumes them"
    )
    print(f"restored the backup of {made.made_at:%Y-%m-%d %H:%M} UTC{paused}")


@click.command("plan")
@click.argument("number", type=int)
@click.option("--name", default="", help="What the plan is called.")
@click.option("--contacts", type=click.IntRange(0), help="The most people; nothing for as many as one likes.")
@click.option("--emails", type=click.IntRange(0), help="The most e-mails of campaigns in a month.")
@click.option("--workflows", type=click.IntRange(0), help="The most campaigns under way at a time.")
def plan(number: int, name: str, contacts: int | None, emails: int | None, workflows: int | None) -> None:
    """Say what the plan of the organization NUMBER allows (the number in its links; see Usage)."""
    from loumass.accounts.plan_setting import set_plan
    from loumass.accounts.plans import Plan

    called = set_plan(number, Plan(name, contacts, emails, workflows))
    if called is None:
        raise click.ClickException(f"There is no organization {number}.")
    print(f"the plan of {called} is changed; what waited because of it is looked at again")
