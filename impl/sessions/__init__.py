"""Conversations and their turns. `session_controller` is what the others talk to.

One line for each module, in the order in which they build on each other:

    turn                one request of a session; it borrows a record while it runs
    session             a conversation; its slot owns a record between turns
    session_cache       how records change hands, and the one way to give one back
    idle                sessions without a turn in flight
    session_controller  what clients may ask of sessions, and who is known
"""
