"""Posts the facts of workspaces to the webhooks that they have: signed, again until they arrive, never into our own house."""
