"""What an operator may turn on the export to Mixpanel, read once from `DOSKA_MIXPANEL_*`."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from topics.runtime.settings import EMPTY_IS_NONE

HERE = Path(__file__).parent
MAPPING = HERE / "mapping.yaml"
# An /import of 10 MB is documented, and so is an answer 413 for 2 MiB.
BODY_BYTES = 2_000_000


class MixpanelSettings(BaseSettings):
    """`token` alone turns it on. With `service_account` (`name:secret`) events go by that, which needs `project_id`."""

    model_config = SettingsConfigDict(env_prefix="DOSKA_MIXPANEL_", frozen=True, extra="ignore")

    token: str = Field(default="", description="the project token; empty: off")
    service_account: Annotated[SecretStr | None, EMPTY_IS_NONE] = None
    project_id: str = ""
    url: str = Field(
        default="https://api.mixpanel.com", description="api-eu.mixpanel.com, api-in.mixpanel.com by residency"
    )
    mapping: Annotated[Path, BeforeValidator(lambda given: given or MAPPING)] = MAPPING
    seconds: float = Field(default=30.0, gt=0, description="how long one request may take")
    events: int = Field(default=2000, ge=1, le=2000, description="most events of one request")
    body_bytes: int = Field(default=BODY_BYTES, ge=1_100_000, le=10_000_000, description="most bytes of one, unpacked")

    @model_validator(mode="after")
    def _is_whole(self) -> "MixpanelSettings":
        if self.service_account is None:
            return self
        if not self.token or not self.project_id:
            raise ValueError(
                "a service account needs DOSKA_MIXPANEL_PROJECT_ID, and profiles need DOSKA_MIXPANEL_TOKEN"
            )
        if ":" not in self.service_account.get_secret_value():
            raise ValueError("DOSKA_MIXPANEL_SERVICE_ACCOUNT is like name:secret")
        return self

    @property
    def on(self) -> bool:
        """Whether anything is sent at all."""
        return bool(self.token)
