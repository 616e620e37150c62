"""Guesses for speculative decoding: what might a turn say next?

One line for each module:

    drafter             what every drafter does, and one that looks back in what was said
    draft_model         guesses by a smaller model
"""
