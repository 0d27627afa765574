"""Fixtures that every test may ask for live in plain modules; this file only names them."""

from hypothesis import settings

pytest_plugins = ["tests.stack", "tests.product", "tests.openid", "tests.keycloak", "tests.apicurio", "tests.victims"]

# How long an example takes is a matter of what else the machine does.
settings.register_profile("no clock", deadline=None)
settings.load_profile("no clock")
