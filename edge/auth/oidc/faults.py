"""What goes wrong between us and a provider.

ProviderFault
├── ProviderAway       it does not answer, or with an error of its own: later perhaps
├── ProviderRefused    it says no: a code used twice or too late, a client it does not know
└── WordInvalid        what it (or somebody in its name) sent cannot be believed
"""


class ProviderFault(Exception):
    """Signing in through the provider failed; the text is for the log, not for the visitor."""


class ProviderAway(ProviderFault):
    """The provider cannot be asked now."""


class ProviderRefused(ProviderFault):
    """The provider said no."""


class WordInvalid(ProviderFault):
    """A token, a key set or a description that must not be believed."""
