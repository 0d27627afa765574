"""What is said of webhooks, and what a receiver relies on: which addresses may be called, how a delivery is signed."""
