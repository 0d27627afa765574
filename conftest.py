"""Fixtures that every test may ask for live in plain modules; this file only names them."""

pytest_plugins = ["tests.stack", "tests.product", "tests.openid", "tests.keycloak", "tests.apicurio"]
