"""Penstock: an order and execution management system.

The public surface: `Desk` holds simulated markets and works orders on them; `TWAPExecutor` and `VWAPExecutor` work one
order each, `SignalExecutor` a signal from its entry to its exit; `BadInput` is what anything given wrongly raises.
"""

from typing import TYPE_CHECKING, Any

from penstock.domain.version import VERSION

if TYPE_CHECKING:
    from penstock.app.desk import Desk
    from penstock.app.executors import SignalExecutor, TWAPExecutor, VWAPExecutor
    from penstock.domain.errors import BadInput

__version__ = VERSION
__all__ = ["BadInput", "Desk", "SignalExecutor", "TWAPExecutor", "VWAPExecutor", "__version__"]

_HOMES = {
    "Desk": "penstock.app.desk",
    "SignalExecutor": "penstock.app.executors",
    "TWAPExecutor": "penstock.app.executors",
    "VWAPExecutor": "penstock.app.executors",
    "BadInput": "penstock.domain.errors",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: the command line's help should not wait for compilers."""
    if name not in _HOMES:
        raise AttributeError(f"module 'penstock' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
