"""Wrong variants that are right: what they change makes no difference to any number."""

EQUIVALENT = {
    "ConcreteState.least: a < b -> a <= b": "of two equal numbers either is the least",
    "least: text.bit_length() <= i + 1 -> text.bit_length() < i + 1": (
        "a shortcut: a text that is taken as it is, is its own remainder"
    ),
    "least: i + 1 -> i - 1": "the same shortcut, taken less often",
    "World._reserves: first > last -> first >= last": (
        "where one length is left, each way offers that one"
    ),
}
"""By name, which is by the text, so that moved lines keep their entry."""
