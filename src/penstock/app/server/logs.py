"""The server's log: one JSON object a line, with order ids, and never a secret in it."""

import logging
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from penstock.app.live.log_writer import LogWriter

SECRET = ("password", "token", "secret", "authorization", "api_key", "key_text", "cookie")
HIDDEN = "(hidden)"
QUIET = ("uvicorn", "uvicorn.error", "uvicorn.access", "websockets")


def begin(fd: int, *, verbose: bool) -> None:
    """Log to a file descriptor, by a thread of its own."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper("iso", utc=True),
        without_secrets,
    ]
    handler = LogWriter(fd)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, handlers=[handler])
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_logger_name,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def without_secrets(logger: Any, method: str, event: EventDict) -> EventDict:
    """Hide what is secret, by its name, wherever it stands."""
    for name in event:
        if any(word in name.lower() for word in SECRET):
            event[name] = HIDDEN
    return event
