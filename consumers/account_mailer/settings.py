"""What an operator may turn on the mailer, read once from `DOSKA_MAIL_*` beside `DOSKA_SMTP_URL`."""

from urllib.parse import urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class MailSettings(BaseSettings):
    """`sender` is in `From`; empty means `doska@` and the host of the public address."""

    model_config = SettingsConfigDict(env_prefix="DOSKA_MAIL_", frozen=True, extra="ignore")

    sender: str = ""
    seconds: float = Field(default=20.0, gt=0, description="how long a mail server may take for one step")

    def sender_at(self, address: str) -> str:
        """The sender of a deployment that people reach at `address`."""
        return self.sender or f"doska@{urlsplit(address).hostname}"
