"""What users, and our own tests, test with."""
