"""The only code that touches Kafka."""
