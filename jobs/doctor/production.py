"""What is fine on one's own machine and not where strangers come: told from the settings alone."""

import ipaddress
from urllib.parse import parse_qs, urlsplit

from edge.settings import EdgeSettings
from jobs.doctor.finding import Finding, bad, note, ok
from topics.runtime.outward import OutwardSettings
from topics.runtime.settings import Settings

# With TLS, libpq's words for what is checked of the server.
ENCRYPTED = ("require", "verify-ca", "verify-full")
VERIFIED = ("verify-ca", "verify-full")
MANY = 3


def examine(settings: EdgeSettings, outward: OutwardSettings) -> list[Finding]:
    """What of the settings does not suit production; nothing is asked of anybody."""
    found = [
        *_door(settings),
        *_kafka(settings),
        *_postgres(settings.postgres_dsn),
        *_redis(settings.redis_url),
        *_s3(settings),
        *_outward(outward),
    ]
    return found or [ok("The settings suit production")]


def _door(settings: EdgeSettings) -> list[Finding]:
    """How people come in."""
    found = []
    if not settings.public_url:
        found.append(bad("DOSKA_PUBLIC_URL is not set: links, mails and cookies would be for http://localhost"))
    elif urlsplit(settings.public_url).scheme != "https":
        found.append(bad("DOSKA_PUBLIC_URL is not https: passwords and tokens can be read on the way"))
    elif not settings.trusted_proxies:
        found.append(
            bad(
                "DOSKA_TRUSTED_PROXIES is not set: the edge speaks no TLS itself, so a proxy stands before it, and "
                "everybody would have its address; limits and the audit would take all for one"
            )
        )
    if settings.registration == "open":
        found.append(note("DOSKA_REGISTRATION is open: whoever reaches the address may make an account"))
    if settings.smtp_url is None:
        found.append(note("DOSKA_SMTP_URL is not set: a forgotten password waits for `doska users reset`"))
    if settings.log_level == "debug":
        found.append(note("DOSKA_LOG_LEVEL is debug: logs grow fast"))
    return found


def _kafka(settings: Settings) -> list[Finding]:
    protocol, found = settings.kafka_security_protocol, []
    if not protocol.startswith("SASL"):
        found.append(
            bad(f"DOSKA_KAFKA_SECURITY_PROTOCOL is {protocol}: whoever reaches Kafka may read and write every fact")
        )
    elif protocol == "SASL_PLAINTEXT" and settings.kafka_sasl_mechanism == "PLAIN":
        found.append(bad("Kafka's password travels readably: use SCRAM-SHA-512, or SASL_SSL"))
    hosts = [part.rpartition(":")[0].strip("[]") for part in settings.kafka_bootstrap.split(",")]
    if not protocol.endswith("SSL"):
        found += _open_way("Kafka", [host for host in hosts if not _is_here(host)])
    if settings.kafka_replication < MANY:
        found.append(
            bad(
                f"DOSKA_KAFKA_REPLICATION is {settings.kafka_replication}: what is acknowledged is lost with one disk; "
                f"three brokers and {MANY} copies keep it"
            )
        )
    return found


def _postgres(dsn: str) -> list[Finding]:
    parts = urlsplit(dsn)
    # An address without a host is a socket of this machine, whose user the system vouches for.
    host = parts.hostname or parse_qs(parts.query).get("host", [""])[0]
    if not host or host.startswith("/"):
        return []
    mode = parse_qs(parts.query).get("sslmode", ["prefer"])[0]
    found = []
    if not parts.password and not _is_here(host):
        found.append(
            note("DOSKA_POSTGRES_DSN has no password: fine where certificates or a password file stand for it")
        )
    if not _is_here(host):
        if mode not in ENCRYPTED:
            found += _open_way("PostgreSQL", [host])
        elif mode not in VERIFIED:
            found.append(note(f"PostgreSQL's certificate is not checked (sslmode={mode}): verify-full checks it"))
    return found


def _redis(url: str) -> list[Finding]:
    parts = urlsplit(url)
    found = []
    if not parts.password:
        found.append(bad("DOSKA_REDIS_URL has no password: whoever reaches Redis may change what rooms see"))
    if parts.scheme == "redis" and not _is_here(parts.hostname or ""):
        found += _open_way("Redis", [parts.hostname or ""])
    return found


def _s3(settings: EdgeSettings) -> list[Finding]:
    found = []
    if settings.s3_secret_key.get_secret_value() == Settings.model_fields["s3_secret_key"].default.get_secret_value():
        found.append(bad("DOSKA_S3_SECRET_KEY is the one that everybody knows"))
    inside = urlsplit(settings.s3_endpoint)
    if inside.scheme == "http" and not _is_here(inside.hostname or ""):
        found += _open_way("S3", [inside.hostname or ""])
    public = _shown(settings.s3_public_endpoint or settings.s3_endpoint)
    if settings.public_url.startswith("https:") and not settings.cdn_url and not public.startswith("https:"):
        found.append(
            bad(f"Browsers would be sent to {public} for files, and an https page may not go there: set it to https")
        )
    elif settings.public_url and _is_here(urlsplit(public).hostname or ""):
        found.append(bad(f"Browsers would be sent to {public} for files, which is their own machine"))
    return found


def _outward(outward: OutwardSettings) -> list[Finding]:
    found = []
    if outward.allow_http:
        found.append(bad("DOSKA_WEBHOOK_ALLOW_HTTP is on: what webhooks tell can be read on the way"))
    if outward.allow_private:
        words = ", ".join(map(str, outward.allow_private))
        found.append(
            note(f"DOSKA_WEBHOOK_ALLOW_PRIVATE lets webhooks into {words}: see that nothing trusts its callers")
        )
    return found


def _open_way(part: str, hosts: list[str]) -> list[Finding]:
    if not hosts:
        return []
    return [note(f"The way to {part} ({', '.join(hosts)}) is not encrypted: fine only where nobody else is on it")]


def _shown(address: str) -> str:
    """An address without a name and a password in it."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
