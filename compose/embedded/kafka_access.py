"""A Kafka that asks who you are: SCRAM users, and an authorizer that lets nobody do what no rule allows.

For tests, and for whoever wants to try it: the passwords stand in the arguments of the program that formats the log
directory, so for a second other users of the machine can read them there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

MECHANISM = "SCRAM-SHA-512"
LISTENER = "SASL_PLAINTEXT"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
# They become part of Java's configuration and of a command line.
SAFE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Access:
    """The users and their passwords. `superuser` is one of them: the broker itself, and who provisions; no rule binds it."""

    superuser: str
    passwords: Mapping[str, str]

    def __post_init__(self) -> None:
        """Refuse what would need quoting."""
        if bad := [each for pair in self.passwords.items() for each in pair if not SAFE.fullmatch(each)]:
            raise ValueError(f"users and passwords are letters, digits, - and _, and {len(bad)} are not")

    def properties(self) -> dict[str, object]:
        """What replaces the plain settings of `server.properties`."""
        name, password = self.superuser, self.passwords[self.superuser]
        login = f'required username="{name}" password="{password}"'
        return {
            "sasl.enabled.mechanisms": MECHANISM,
            "sasl.mechanism.inter.broker.protocol": MECHANISM,
            "sasl.mechanism.controller.protocol": "PLAIN",
            f"listener.name.sasl_plaintext.{MECHANISM.lower()}.sasl.jaas.config": f"{SCRAM} {login};",
            # The controller cannot look passwords up in the log that it is about to lead.
            "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.controller.plain.sasl.jaas.config": f'{PLAIN} {login} user_{name}="{password}";',
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:{name}",
            "allow.everyone.if.no.acl.found": "false",
        }

    def format_words(self) -> list[str]:
        """What the formatting of the log directory is told: users must be there before the first start."""
        pairs = self.passwords.items()
        return [
            word for name, secret in pairs for word in ("--add-scram", f"{MECHANISM}=[name={name},password={secret}]")
        ]

    def environment(self, name: str) -> dict[str, str]:
        """The settings by which a process is that user."""
        return {
            "DOSKA_KAFKA_SECURITY_PROTOCOL": LISTENER,
            "DOSKA_KAFKA_SASL_MECHANISM": MECHANISM,
            "DOSKA_KAFKA_SASL_USERNAME": name,
            "DOSKA_KAFKA_SASL_PASSWORD": self.passwords[name],
        }
