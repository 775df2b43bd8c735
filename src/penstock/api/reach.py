"""Which orders and accounts a caller reaches: their own, those of the accounts granted to them, or all.

`user_id` in a body or query is the user acted for: the caller, or one in whose name the caller may act. What a caller
may not see does not exist for them (404); what they see and may not change is refused (403).
"""

from penstock.api.callers import Caller
from penstock.api.permissions import Permission
from penstock.api.problem import FieldError, Problem
from penstock.api.users import EVERYBODY, User, Users


class Acting:
    """A caller, acting for a user (mostly themselves)."""

    __slots__ = ("caller", "name", "user")

    def __init__(self, caller: Caller, user: User) -> None:
        self.caller, self.user = caller, user
        self.name = user.name

    @property
    def sees_all(self) -> bool:
        return Permission.ORDERS_SEE_ALL in self.caller.permissions and self.user is self.caller.user

    def sees(self, account: str, owner: str) -> bool:
        """Whether an order of this account and owner may be seen."""
        if owner == self.name or self.sees_all:
            return True
        return any(grant.see and grant.account in (account, EVERYBODY) for grant in self.user.grants)

    def sees_account(self, account: str) -> bool:
        """Whether all of an account may be seen: its positions and gains."""
        return self.sees_all or any(grant.account in (account, EVERYBODY) for grant in self.user.grants)

    def may_trade(self, account: str) -> None:
        """Raise a Problem unless orders may be given for this account."""
        if not any(grant.trade and grant.account in (account, EVERYBODY) for grant in self.user.grants):
            detail = f"{self.name} may not trade for the account {account}"
            raise Problem("account_not_granted", detail, errors=(FieldError("/account_id", "is not granted"),))

    def may_change(self, account: str, owner: str) -> None:
        """Raise a Problem unless an order of this account and owner may be changed."""
        if owner == self.name:
            return self.may_trade(account)
        if not any(grant.manage and grant.account in (account, EVERYBODY) for grant in self.user.grants):
            raise Problem("forbidden", "it is another user's order")
        return None

    def may_stop(self, account: str, owner: str) -> None:
        """Raise a Problem unless an order of this account and owner may be cancelled."""
        if owner == self.name:
            return
        if Permission.ORDERS_STOP_ALL not in self.caller.permissions:
            self.may_change(account, owner)


def acting(caller: Caller, user_id: str | int | None, users: Users, pointer: str = "/user_id") -> Acting:
    """The caller as the user named.

    Raises:
        Problem: they may not act for that user.
    """
    if user_id is None or (name := str(user_id)) == caller.name:
        return Acting(caller, caller.user)
    allowed = caller.user.acts_for
    user = users.find(name)
    if user is None or not user.active or not (EVERYBODY in allowed or name in allowed):
        detail = f"user_id must be {caller.name}, or a user whom {caller.name} may act for"
        raise Problem("not_acting_for", detail, errors=(FieldError(pointer, "may not be acted for"),))
    return Acting(caller, user)
