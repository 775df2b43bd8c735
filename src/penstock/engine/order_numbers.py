"""Orders that the desk numbered itself: P001 and on. Which of them are archived takes a bit each, and is exact."""

import msgspec

BLOCK_BITS = 4096
NUMBER_MAX = 2**27  # so that numbers far apart cannot take more than a few megabytes


class Numbers(msgspec.Struct, kw_only=True):
    """A set of whole numbers up to `NUMBER_MAX` that only grows; dense ones are cheap."""

    blocks: dict[str, bytearray] = {}

    def add(self, number: int) -> None:
        block, bit = divmod(number, BLOCK_BITS)
        bits = self.blocks.get(str(block))
        if bits is None:
            bits = self.blocks[str(block)] = bytearray(BLOCK_BITS // 8)
        bits[bit >> 3] |= 1 << (bit & 7)

    def __contains__(self, number: int) -> bool:
        block, bit = divmod(number, BLOCK_BITS)
        bits = self.blocks.get(str(block))
        return bits is not None and bool(bits[bit >> 3] & 1 << (bit & 7))


def number_of(order_id: str) -> int:
    """The number of an id like P001, however it is written; 0 for any other."""
    number = order_id[1:]
    return int(number) if order_id[:1] == "P" and number.isdecimal() and number.isascii() else 0


def is_own(order_id: str, number: int) -> bool:
    """Whether an id of this number is written as the desk writes it, so that the number tells the id."""
    return 0 < number <= NUMBER_MAX and (len(order_id) == 4 if number < 1000 else order_id[1] != "0")
