"""Every table, for migrations and house tests. Nothing else imports this."""

# ruff: noqa: F401  importing a model is what makes its table known

from loumass.accounts.models import AuditEntry, Invitation, Membership, Organization, SystemMail, User
from loumass.analytics.models import DailyCount
from loumass.campaigns.models import Campaign, Enrollment, Step, VisitedNode
from loumass.channels.models import Channel, ChannelDay, HookAddress
from loumass.contacts.models import (
    Consent,
    Contact,
    ContactField,
    ContactImport,
    ContactTag,
    ImportedContact,
    ImportRefusal,
    Suppression,
    Tag,
    Topic,
    TopicRefusal,
)
from loumass.content.models import Content, ContentVersion
from loumass.core.agenda import Agenda
from loumass.core.database import Base
from loumass.core.models import PeriodicRun
from loumass.deliverability.models import DomainBrake, SendingDomain, SoftBounce, TroubleHour
from loumass.deliveries.models import Delivery
from loumass.events.models import Event, Notice
from loumass.funnels.models import Edge, Graph, Node, Template
from loumass.inbox.models import Draft
from loumass.messages.models import Attachment, Attempt, Conversation, Message, OptOutProposal, Stream

#: Tables that belong to no single tenant. A table in neither group fails a house test.
GLOBAL_TABLES = frozenset(
    {
        "organization",
        "user_account",
        "membership",
        "invitation",
        "system_mail",
        "hook_address",
        "periodic_run",
    }
)
metadata = Base.metadata
