"""What is answered to which request: one module for each part of Airtable's API."""
