"""Every table, for migrations and house tests. Nothing else imports this."""

# ruff: noqa: F401  importing a model is what makes its table known

from loumass.accounts.days_off.models import DayOff, HolidayCalendar
from loumass.accounts.models import (
    AuditEntry,
    Invitation,
    Membership,
    Organization,
    OrganizationExport,
    RecoveryCode,
    SystemMail,
    User,
    UserSession,
    VendorAccount,
)
from loumass.accounts.token_models import ApiToken
from loumass.analytics.models import (
    ContactEngagement,
    DailyCount,
    DailyPart,
    Earning,
    FigureMark,
    QuarterCount,
    StaleQuarter,
)
from loumass.campaigns.models import (
    Campaign,
    CampaignChange,
    CampaignSender,
    Enrollment,
    Step,
    VisitedNode,
)
from loumass.campaigns.trigger_models import SegmentSeen, Trigger, TriggerCall, TriggerOccasion
from loumass.channels.models import (
    Brand,
    BrandChannel,
    BrandDay,
    Channel,
    ChannelDay,
    HookAddress,
    SendingRule,
    VendorClient,
)
from loumass.channels.tracking_models import TrackingDomain, TrackingHost
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
from loumass.contacts.segment_models import Segment
from loumass.contacts.verification_models import AddressRule, EmailCheck, EmailVerification, MailDomain
from loumass.content.models import (
    Content,
    ContentLink,
    ContentPicture,
    ContentVersion,
    LinkCheck,
    UnsavedWords,
)
from loumass.core.agenda import Agenda
from loumass.core.database import Base
from loumass.core.models import ApiAnswer, PeriodicRun
from loumass.deliverability.models import DomainBrake, SendingDomain, SoftBounce, TroubleHour
from loumass.deliveries.models import AwaitedReport, Delivery
from loumass.events.models import Event, Notice
from loumass.funnels.models import Edge, Graph, Node, NodeTurn, SplitTrial, Template
from loumass.inbox.desk.models import (
    Answering,
    ConversationLabel,
    ConversationSeen,
    Label,
    Notification,
    Regrouping,
    Reminder,
    SavedView,
    Team,
    TeamChannel,
    TeamMember,
)
from loumass.inbox.models import Draft, MailboxSignature, SentDraft, Snippet
from loumass.media.models import Media
from loumass.messages.finding.models import MessageWords, WordsMark
from loumass.messages.hit_models import Hit, HitCount, HitMark
from loumass.messages.models import (
    Attachment,
    Attempt,
    Conversation,
    Message,
    MessageCopy,
    OptOutProposal,
    Stream,
)
from loumass.messages.sorting.models import SortedReply, SorterAccount
from loumass.outgoing.models import WebhookAttempt, WebhookCall, WebhookEndpoint, WebhookHost, WebhookKey
from loumass.speech.models import SpokenText, VoiceAccount
from loumass.tasks.models import Task

#: Tables that belong to no single tenant. A table in neither group fails a house test.
GLOBAL_TABLES = frozenset(
    {
        "organization",
        "user_account",
        "membership",
        "invitation",
        "system_mail",
        "user_session",
        "recovery_code",
        "vendor_account",
        "hook_address",
        "tracking_host",
        "periodic_run",
    }
)
metadata = Base.metadata
