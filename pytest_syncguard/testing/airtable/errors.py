"""Airtable's errors: their status, type and message, word for word where they are known."""

from __future__ import annotations

from typing import Any

RETRY_LATER = "Rate limit exceeded. Please try again later"


class AirtableError(Exception):
    """Answered with this status and ``{"error": {"type": ..., "message": ...}}``.

    Without a message the body is ``{"error": {"type": ...}}``; with ``bare`` it is ``{"error": "..."}``.
    """

    def __init__(self, status: int, kind: str, message: str = "", *, bare: bool = False) -> None:
        super().__init__(f"{status} {kind}: {message}")
        self.status, self.type, self.message, self.bare = status, kind, message, bare

    def body(self) -> dict[str, Any]:
        if self.bare:
            return {"error": self.type}
        return {"error": {"type": self.type} | ({"message": self.message} if self.message else {})}


def unauthenticated() -> AirtableError:
    return AirtableError(401, "AUTHENTICATION_REQUIRED", "Authentication required")


def not_allowed() -> AirtableError:
    """Of a base, a table or a record that is not there and of one that the token may not see: they look the same."""
    said = "Invalid permissions, or the requested model was not found. Check that both your user and your token have"
    said += " the required permissions, and that the model names and/or ids are correct."
    return AirtableError(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", said)


def lacks_scope() -> AirtableError:
    said = "You are not permitted to perform this operation"
    return AirtableError(403, "INVALID_PERMISSIONS", said)


def not_found() -> AirtableError:
    return AirtableError(404, "NOT_FOUND", bare=True)


def no_such_record(record: str) -> AirtableError:
    """Of one among several that are to be deleted."""
    return AirtableError(404, "NOT_FOUND", f'Could not find a record with ID "{record}".')


def too_large() -> AirtableError:
    return AirtableError(413, "REQUEST_TOO_LARGE", "Request body is too large")


def invalid(message: str, kind: str = "INVALID_REQUEST_UNKNOWN") -> AirtableError:
    return AirtableError(422, kind, message)


def invalid_parameters() -> AirtableError:
    return invalid("Invalid request: parameter validation failed. Check your request data.")


def unknown_field(name: str) -> AirtableError:
    return invalid(f'Unknown field name: "{name}"', "UNKNOWN_FIELD_NAME")


def bad_value(field: str) -> AirtableError:
    return invalid(f'Field "{field}" cannot accept the provided value', "INVALID_VALUE_FOR_COLUMN")


def unparsed_value(field: str) -> AirtableError:
    """Of a select that is given neither a text nor a list of them."""
    return invalid(f"Cannot parse value for field {field}", "INVALID_VALUE_FOR_COLUMN")


def unparsed_date(value: str, field: str) -> AirtableError:
    return invalid(f'Cannot parse date value "{value}" for field {field}', "INVALID_VALUE_FOR_COLUMN")


def no_record_ids() -> AirtableError:
    return invalid("Value is not an array of record IDs.", "INVALID_VALUE_FOR_COLUMN")


def computed_value(field: str) -> AirtableError:
    said = f'Field "{field}" cannot accept a value because the field is computed'
    return invalid(said, "INVALID_VALUE_FOR_COLUMN")


def no_such_row(record: str) -> AirtableError:
    return invalid(f"Record ID {record} does not exist in this table", "ROW_DOES_NOT_EXIST")


def row_elsewhere(record: str, table: str, linked: str) -> AirtableError:
    said = f"Record ID {record} belongs to table {table}, but the field links to table {linked}"
    return invalid(said, "ROW_TABLE_DOES_NOT_MATCH_LINKED_TABLE")


def bad_formula(why: str) -> AirtableError:
    return invalid(f"The formula for filtering records is invalid: {why}", "INVALID_FILTER_BY_FORMULA")


def not_covered(what: str) -> AirtableError:
    return AirtableError(501, "NOT_IMPLEMENTED", f"{what} is not covered by the local Airtable")
