"""Who writes and reads which topic, derived from the catalog and the manifests, and drawn."""
