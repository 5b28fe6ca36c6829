"""Commands of the installation: `flask --app wsgi <command>`."""

from __future__ import annotations

import click
from flask import Flask, current_app

from loumass.config import Settings
from loumass.core import migrating


def add_commands(app: Flask) -> None:
    """Give `app` its commands."""
    for command in (db_roles, migrate, seed, prepare, clock, reseal):
        app.cli.add_command(command)


def _settings() -> Settings:
    return current_app.extensions["loumass.settings"]


@click.command("db-roles")
def db_roles() -> None:
    """Create the four database roles and what they need. Repeatable."""
    migrating.prepare_roles(_settings().owner_database_url)


@click.command("migrate")
def migrate() -> None:
    """Bring the schema to the newest migration."""
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
    for step in (db_roles, migrate, seed):
        context.invoke(step)


@click.command("reseal")
def reseal() -> None:
    """Seal everything with the first of SEALING_KEYS, so that the others can be removed."""
    from loumass.resealing import reseal as seal_again

    print(f"{seal_again()} values sealed again with {_settings().sealing_keys[0][0]}")
