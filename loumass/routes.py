"""Every way in: blueprint, prefix, guard. A blueprint that is not here cannot be reached."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Flask

import loumass.accounts.api
import loumass.accounts.health
import loumass.accounts.pages
import loumass.analytics.api
import loumass.analytics.figure_pages
import loumass.analytics.pages
import loumass.analytics.usage_pages
import loumass.campaigns.api
import loumass.campaigns.call_pages
import loumass.campaigns.pages
import loumass.campaigns.people_pages
import loumass.campaigns.person_pages
import loumass.campaigns.simulation_pages
import loumass.campaigns.walk_pages
import loumass.channels.api
import loumass.channels.every_page
import loumass.channels.tracking_pages
import loumass.contacts.api
import loumass.contacts.import_pages
import loumass.contacts.pages
import loumass.contacts.segment_pages
import loumass.contacts.suppression_pages
import loumass.contacts.topic_pages
import loumass.contacts.verification_pages
import loumass.content.api
import loumass.content.every_page
import loumass.deliverability.api
import loumass.deliverability.pages
import loumass.funnels.api
import loumass.funnels.file_pages
import loumass.funnels.panel_pages
import loumass.funnels.rule_pages
import loumass.funnels.step_pages
import loumass.inbox.api
import loumass.inbox.pages
import loumass.inbox.task_pages
import loumass.media.pages
import loumass.messages.trying_out_pages
import loumass.messages.unsubscribing_pages
import loumass.messages.waiting_pages
import loumass.messages.wishes_pages
import loumass.webhooks.api
import loumass.webhooks.delivery_pages
import loumass.webhooks.endpoint_pages
import loumass.webhooks.hook_pages
import loumass.webhooks.outgoing_pages
from loumass.core.api import PREFIX as API
from loumass.core.api import ROOT, add_other_names


@dataclass(frozen=True, slots=True)
class Route:
    """`guard`: `public` (no login), `member` (login; each view names its permission), `api` (the same, told in JSON),
    `hook` (vendors; no CSRF)."""

    blueprint: Blueprint
    prefix: str
    guard: str


#: What mail leads to: all that a tracking domain serves beside hits. Nobody signs in under one.
ON_TRACKING_DOMAINS = ("/u/", "/static/")

ROUTES: tuple[Route, ...] = (
    Route(loumass.contacts.import_pages.pages, "", "member"),
    Route(loumass.contacts.segment_pages.pages, "", "member"),
    Route(loumass.contacts.suppression_pages.pages, "", "member"),
    Route(loumass.contacts.topic_pages.pages, "", "member"),
    Route(loumass.contacts.verification_pages.pages, "", "member"),
    Route(loumass.contacts.pages.pages, "", "member"),
    Route(loumass.campaigns.pages.pages, "", "member"),
    Route(loumass.campaigns.people_pages.pages, "", "member"),
    Route(loumass.campaigns.person_pages.pages, "", "member"),
    Route(loumass.campaigns.simulation_pages.pages, "", "member"),
    Route(loumass.campaigns.walk_pages.pages, "", "member"),
    Route(loumass.funnels.file_pages.pages, "", "member"),
    Route(loumass.funnels.rule_pages.pages, "", "member"),
    Route(loumass.analytics.pages.pages, "", "member"),
    Route(loumass.analytics.figure_pages.pages, "", "member"),
    Route(loumass.content.every_page.pages, "", "member"),
    Route(loumass.inbox.pages.pages, "", "member"),
    Route(loumass.inbox.task_pages.pages, "", "member"),
    Route(loumass.messages.waiting_pages.pages, "", "member"),
    Route(loumass.messages.unsubscribing_pages.pages, "", "public"),
    Route(loumass.messages.wishes_pages.pages, "", "public"),
    Route(loumass.media.pages.pages, "", "public"),
    Route(loumass.accounts.health.pages, "", "hook"),
    Route(loumass.webhooks.hook_pages.hooks, "", "hook"),
    Route(loumass.campaigns.call_pages.calls, "", "hook"),
    Route(loumass.channels.every_page.pages, "", "member"),
    Route(loumass.channels.tracking_pages.pages, "", "member"),
    Route(loumass.deliverability.pages.pages, "", "member"),
    Route(loumass.webhooks.delivery_pages.pages, "", "member"),
    Route(loumass.accounts.api.open_api, API, "public"),
    Route(loumass.accounts.api.api, API, "api"),
    Route(loumass.contacts.api.api, API, "api"),
    Route(loumass.content.api.api, API, "api"),
    Route(loumass.channels.api.api, API, "api"),
    Route(loumass.deliverability.api.api, API, "api"),
    Route(loumass.funnels.api.api, API, "api"),
    Route(loumass.campaigns.api.api, API, "api"),
    Route(loumass.inbox.api.api, API, "api"),
    Route(loumass.analytics.api.api, API, "api"),
    Route(loumass.webhooks.api.api, API, "api"),
    Route(loumass.webhooks.outgoing_pages.pages, "", "member"),
    Route(loumass.accounts.pages.public, "", "public"),
    Route(loumass.accounts.pages.pages, "", "member"),
)


def mount(app: Flask) -> None:
    """Put every way in into `app`'s map, also by the other names that endpoints of the API have."""
    for route in ROUTES:
        app.register_blueprint(route.blueprint, url_prefix=route.prefix or None)
    add_other_names(app)
    app.add_url_rule(f"{ROOT}/openapi.json", "open_api.openapi")
