"""What this installation is told by its environment. The only reader of `os.environ`."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

#: Who signs in to the demo organization that `make up` creates; nobody else can reach a development machine.
DEMO_EMAIL, DEMO_PASSWORD = "maya@northgate.example", "outreach demo"
ENVIRONMENTS = ("development", "test", "production")
#: Every variable that `Settings.from_env` reads, with what it is for (docs/operations.md prints them).
VARIABLES: dict[str, str] = {
    "ENVIRONMENT": "development, test or production",
    "DATABASE_URL": "PostgreSQL 18 or newer, the login of the application",
    "OWNER_DATABASE_URL": "the same database, a login that may create roles and migrate (default: DATABASE_URL)",
    "REDIS_URL": "Redis or a compatible store, policy noeviction",
    "SECRET_KEY": "signs sessions and links; at least 32 characters",
    "SEALING_KEYS": "id:base64 of 32 bytes, comma separated; the first seals, all unseal",
    "HASH_KEY": "base64 of 32 bytes; keys the hashes of erased addresses; never rotates",
    "PUBLIC_URL": "the address people and vendors reach this installation at",
    "PORT": "the port that the web process listens on",
    "PROXY_HOPS": "how many trusted proxies stand in front (Render: 1)",
    "SYSTEM_MAIL_URL": "smtp://user:password@host:port or smtps://; sends resets and invitations",
    "SYSTEM_MAIL_FROM": "the sender of those mails",
    "STORAGE_URL": "where files are kept: file:///folder or s3://bucket",
    "ALLOWED_PRIVATE_HOSTS": "host:port, comma separated; private addresses that outgoing calls may reach",
    "DNS_RESOLVER": "address:port, comma separated; DNS servers that outgoing calls ask for names (default: the system's)",
    "BULK_RECIPIENTS": "from so many recipients on the rules of Gmail and Yahoo for bulk mail are asked for (default: 5000)",
    "TWILIO_API_URL": "base address of Twilio's API",
    "GMAIL_API_URL": "base address of Gmail's API",
    "GOOGLE_ACCOUNTS_API_URL": "base address of Google's sign-in",
    "GRAPH_API_URL": "base address of Microsoft Graph",
    "MICROSOFT_ACCOUNTS_API_URL": "base address of Microsoft's sign-in",
    "GOOGLE_CLIENT_ID": "an OAuth client of the installation: people sign in with it, and mailboxes of organizations without one of their own",
    "GOOGLE_CLIENT_SECRET": "its secret",
    "GOOGLE_TOPIC": "Pub/Sub topic of that client's project, like projects/name/topics/gmail; without it mail is polled",
    "GOOGLE_PUSHER": "service account that pushes from that topic",
    "MICROSOFT_CLIENT_ID": "an application of the installation in Microsoft Entra, for the same",
    "MICROSOFT_CLIENT_SECRET": "its secret",
    "MICROSOFT_TENANT": "whose accounts may sign in there (default: common)",
    "BONZO_API_URL": "base address of Bonzo's API",
    "SLYBROADCAST_API_URL": "base address of Slybroadcast's gateway",
    "ELEVENLABS_API_URL": "base address of ElevenLabs' API",
    "SANDBOX_SPEED": "how many times faster than real people the sandbox reacts",
    "LOG_FORMAT": "console or json",
    "LOG_LEVEL": "debug, info, warning or error",
    "SENTRY_DSN": "where errors are reported; nowhere when empty",
    "PROMETHEUS_MULTIPROC_DIR": "folder where the processes of one machine add up their figures; one each when empty",
    "API_ORIGINS": "https://host, comma separated; pages of other hosts that may call the API from a browser",
    "API_READS_PER_MINUTE": "requests of one token or person that only read (default: 1000)",
    "API_WRITES_PER_MINUTE": "requests of one token or person that change something (default: 100)",
    "METRICS_TOKEN": "bearer token that /metrics asks for; when empty only this machine may look, in production nobody",
}


class Misconfigured(Exception):
    """A setting is missing or wrong; the sentence says which and what to do."""


@dataclass(frozen=True, slots=True)
class VendorClient:
    """An application of the installation at a vendor where people sign in. `options` are the vendor's own."""

    client_id: str
    client_secret: str = field(repr=False)
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, validated. Build with `from_env`."""

    environment: str
    database_url: str = field(repr=False)
    owner_database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    sealing_keys: tuple[tuple[str, bytes], ...] = field(repr=False)
    hash_key: bytes = field(repr=False)
    public_url: str
    port: int
    proxy_hops: int
    system_mail_url: str = field(repr=False)
    system_mail_from: str
    storage_url: str
    allowed_private_hosts: frozenset[str]
    dns_servers: tuple[tuple[str, int], ...]
    #: Kind of provider -> base address of its API, where it is not the vendor's own.
    api_urls: Mapping[str, str]
    #: `google`, `microsoft`: those that the installation has an application at.
    vendor_clients: Mapping[str, VendorClient]
    sandbox_speed: float
    bulk_recipients: int
    log_format: str
    log_level: str
    sentry_dsn: str = field(repr=False)
    #: Origins as browsers name them.
    api_origins: frozenset[str]
    api_reads_per_minute: int
    api_writes_per_minute: int
    metrics_token: str = field(repr=False)
    metrics_folder: str

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Settings from `env` (default: the process environment).

        Raises Misconfigured with one sentence that names the variable and the remedy.
        """
        env = os.environ if env is None else env
        environment = env.get("ENVIRONMENT") or "development"
        if environment not in ENVIRONMENTS:
            raise Misconfigured(
                f"ENVIRONMENT is {environment!r}; it must be one of {', '.join(ENVIRONMENTS)}."
            )
        database_url = psycopg_url(_required(env, "DATABASE_URL"))
        return cls(
            environment=environment,
            database_url=database_url,
            owner_database_url=psycopg_url(env.get("OWNER_DATABASE_URL") or database_url),
            redis_url=_required(env, "REDIS_URL"),
            secret_key=_secret_key(env),
            sealing_keys=_sealing_keys(_required(env, "SEALING_KEYS")),
            hash_key=_key("HASH_KEY", _required(env, "HASH_KEY")),
            public_url=_public_url(env, environment),
            port=_integer(env, "PORT", "8000"),
            proxy_hops=_integer(env, "PROXY_HOPS", "0"),
            system_mail_url=env.get("SYSTEM_MAIL_URL", ""),
            system_mail_from=env.get("SYSTEM_MAIL_FROM") or "Loumass <loumass@localhost>",
            storage_url=env.get("STORAGE_URL") or "file://./.local/files",
            allowed_private_hosts=frozenset(
                part.strip() for part in env.get("ALLOWED_PRIVATE_HOSTS", "").split(",") if part.strip()
            ),
            dns_servers=_dns_servers(env.get("DNS_RESOLVER", "")),
            api_urls=_api_urls(env),
            vendor_clients=_vendor_clients(env),
            sandbox_speed=_positive(env, "SANDBOX_SPEED", "1"),
            bulk_recipients=_integer(env, "BULK_RECIPIENTS", "5000"),
            log_format=env.get("LOG_FORMAT") or ("json" if environment == "production" else "console"),
            log_level=env.get("LOG_LEVEL") or "info",
            sentry_dsn=env.get("SENTRY_DSN", ""),
            api_origins=_origins(env.get("API_ORIGINS", "")),
            api_reads_per_minute=_integer(env, "API_READS_PER_MINUTE", "1000"),
            api_writes_per_minute=_integer(env, "API_WRITES_PER_MINUTE", "100"),
            metrics_token=env.get("METRICS_TOKEN", ""),
            metrics_folder=env.get("PROMETHEUS_MULTIPROC_DIR", ""),
        )

    @property
    def is_production(self) -> bool:
        """Whether real people may be written to and cookies need TLS."""
        return self.environment == "production"


def psycopg_url(url: str) -> str:
    """`url` with the scheme that SQLAlchemy's psycopg driver wants (hosts hand out `postgres://`)."""
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url[len(scheme) :]
    return url


def _api_urls(env: Mapping[str, str]) -> dict[str, str]:
    """`TWILIO_API_URL` and its like: a new provider's address needs no line here."""
    ending = "_API_URL"
    return {
        name.removesuffix(ending).lower(): url for name, url in env.items() if name.endswith(ending) and url
    }


#: Vendor -> its option -> the variable that says it.
_OPTIONS = {
    "google": {"topic": "GOOGLE_TOPIC", "pusher": "GOOGLE_PUSHER"},
    "microsoft": {"tenant": "MICROSOFT_TENANT"},
}


def _vendor_clients(env: Mapping[str, str]) -> dict[str, VendorClient]:
    clients: dict[str, VendorClient] = {}
    for vendor, options in _OPTIONS.items():
        client_id, secret = (env.get(f"{vendor.upper()}_CLIENT_{part}", "") for part in ("ID", "SECRET"))
        if bool(client_id) != bool(secret):
            name = vendor.upper()
            raise Misconfigured(
                f"{name}_CLIENT_ID and {name}_CLIENT_SECRET belong together: set both or neither."
            )
        if client_id:
            given = {option: env.get(variable, "").strip() for option, variable in options.items()}
            if "tenant" in given:
                given["tenant"] = given["tenant"] or "common"
            clients[vendor] = VendorClient(client_id, secret, given)
    return clients


def _required(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "").strip()
    if not value:
        raise Misconfigured(
            f"{name} is not set ({VARIABLES[name]}). On your own machine, start with `make up`."
        )
    return value


def _secret_key(env: Mapping[str, str]) -> str:
    value = _required(env, "SECRET_KEY")
    if len(value) < 32 or len(set(value)) < 8:
        raise Misconfigured("SECRET_KEY is too short or too simple; use at least 32 random characters.")
    return value


def _public_url(env: Mapping[str, str], environment: str) -> str:
    url = (env.get("PUBLIC_URL") or env.get("RENDER_EXTERNAL_URL") or "").rstrip("/")
    if not url:
        if environment == "production":
            raise Misconfigured(
                "PUBLIC_URL is not set; vendors and links need the address people reach you at."
            )
        url = f"http://localhost:{env.get('PORT', '8000')}"
    if environment == "production" and not url.startswith("https://"):
        raise Misconfigured(f"PUBLIC_URL is {url}; production needs an https:// address.")
    return url


def _sealing_keys(value: str) -> tuple[tuple[str, bytes], ...]:
    keys = []
    for part in value.split(","):
        key_id, colon, encoded = part.strip().partition(":")
        if not colon or not key_id:
            raise Misconfigured("SEALING_KEYS must look like `id:base64,id:base64`.")
        keys.append((key_id, _key("SEALING_KEYS", encoded)))
    return tuple(keys)


def _dns_servers(value: str) -> tuple[tuple[str, int], ...]:
    servers = []
    for part in filter(None, (part.strip() for part in value.split(","))):
        try:
            parts = urlsplit(f"//{part}")
            servers.append((str(ip_address(parts.hostname or "")), parts.port or 53))
        except ValueError as problem:
            raise Misconfigured(
                f"DNS_RESOLVER holds {part!r}; write an IP address and a port, like 10.0.0.2:53 or [fd00::2]:53."
            ) from problem
    return tuple(servers)


def _origins(value: str) -> frozenset[str]:
    origins = frozenset(filter(None, (part.strip().rstrip("/") for part in value.split(","))))
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query:
            raise Misconfigured(
                f"API_ORIGINS holds {origin!r}; write a scheme and a host, like https://app.example."
            )
    return origins


def _key(name: str, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError as problem:
        raise Misconfigured(f"{name} is not base64.") from problem
    if len(key) != 32 or len(set(key)) < 8:
        raise Misconfigured(f"{name} must be 32 random bytes in base64.")
    return key


def _integer(env: Mapping[str, str], name: str, default: str) -> int:
    value = env.get(name) or default
    if not value.isdigit():
        raise Misconfigured(f"{name} is {value!r}; it must be a whole number.")
    return int(value)


def _positive(env: Mapping[str, str], name: str, default: str) -> float:
    value = env.get(name) or default
    try:
        number = float(value)
    except ValueError as problem:
        raise Misconfigured(f"{name} is {value!r}; it must be a number.") from problem
    if number <= 0:
        raise Misconfigured(f"{name} is {value}; it must be more than 0.")
    return number
