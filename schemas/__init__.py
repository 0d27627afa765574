"""What is said: schema files and the pure code that reads them."""
