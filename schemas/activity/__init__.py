"""What browsers tell of the use of the product."""
