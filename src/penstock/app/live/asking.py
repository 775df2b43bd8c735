"""What every request of a client has."""

import msgspec


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """`id` comes back with the answer, for clients that ask several things at a time."""

    id: str | int | None = None
