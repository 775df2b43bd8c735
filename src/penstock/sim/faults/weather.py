"""How bad it is out there: what a seed's network, venues and desk do wrong, and how often.

Every seed draws its own: some have one fault only, some have all of them, a few have none.
"""

from random import Random

import msgspec

from penstock.domain.time import MILLISECOND, SECOND

ARRIVES_WITHIN = 1500 * MILLISECOND  # what is sent reaches its venue within this or never: the engine's grace is longer


class Weather(msgspec.Struct, frozen=True, kw_only=True):
    """Probabilities are per message, or per step where they say so; durations are the longest, in ns."""

    order_lost: float = 0.0
    order_repeated: float = 0.0
    order_delay_ns: int = 20 * MILLISECOND
    no_answer: float = 0.0  # the call fails, whether the message arrives or not
    report_lost: float = 0.0
    report_repeated: float = 0.0
    report_late: float = 0.0
    report_delay_ns: int = 20 * MILLISECOND
    late_delay_ns: int = 20 * SECOND
    look_lost: float = 0.0
    cut_per_step: float = 0.0
    cut_ns: int = 8 * SECOND
    crash_per_step: float = 0.0
    jump_per_step: float = 0.0
    jump_ns: int = 0
    refuse: float = 0.05
    cancel_refused: float = 0.1
    fill_per_step: float = 0.5
    end_per_step: float = 0.02
    bust_per_step: float = 0.0
    lists_fills: bool = True  # False: a look tells totals only, and not what they are made of


CALM = Weather(refuse=0.0, cancel_refused=0.0, end_per_step=0.0, fill_per_step=0.05)


def weather_of(random: Random) -> Weather:
    """The weather of a seed."""

    def perhaps(most: float, chance: float = 0.6) -> float:
        return random.random() * most if random.random() < chance else 0.0

    lists_fills = random.random() < 0.6
    return Weather(
        order_lost=perhaps(0.15),
        order_repeated=perhaps(0.1),
        order_delay_ns=random.choice([5 * MILLISECOND, 200 * MILLISECOND, ARRIVES_WITHIN]),
        no_answer=perhaps(0.15),
        report_lost=perhaps(0.15),
        report_repeated=perhaps(0.2),
        report_late=perhaps(0.2),
        report_delay_ns=random.choice([5 * MILLISECOND, 200 * MILLISECOND, 2 * SECOND]),
        look_lost=perhaps(0.3),
        cut_per_step=perhaps(0.03),
        crash_per_step=perhaps(0.05),
        jump_per_step=perhaps(0.02),
        jump_ns=random.choice([SECOND, 30 * SECOND]),
        refuse=perhaps(0.15),
        cancel_refused=perhaps(0.2),
        fill_per_step=random.choice([0.1, 0.5, 0.9]),
        end_per_step=perhaps(0.06),
        bust_per_step=perhaps(0.02, 0.4) if lists_fills else 0.0,
        lists_fills=lists_fills,
    )
