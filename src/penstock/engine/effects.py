"""What the engine wants done outside, once its events are durable. The shell carries it out and reports back."""

import msgspec

from penstock.domain.orders import OrderTerms
from penstock.risk.review import Approved


class SendNew(msgspec.Struct, frozen=True):
    """A new order for its venue: reviewed, and only so."""

    approved: Approved


class SendCancel(msgspec.Struct, frozen=True, gc=False):
    venue: str
    order_id: str
    request_id: str = ""


class SendReplace(msgspec.Struct, frozen=True):
    """New total quantity and price for a working order; reviewed like a new one."""

    approved: Approved
    request_id: str = ""

    @property
    def terms(self) -> OrderTerms:
        return self.approved.terms


class Look(msgspec.Struct, frozen=True):
    """Ask a venue for its picture of our orders; `order_ids` are those in doubt, to be looked up even if they ended."""

    venue: str
    order_ids: tuple[str, ...] = ()


class Recall(msgspec.Struct, frozen=True, omit_defaults=True):
    """Look an archived order up in the journal, by its own or its client's id, and answer with `Recalled`."""

    order_id: str = ""
    client_order_id: str = ""


VenueEffect = SendNew | SendCancel | SendReplace | Look
Effect = VenueEffect | Recall
