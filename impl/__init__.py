"""The reference engine: how streaming sessions are served, in torch. It does not know how it is judged.

Read `engine` first. One sentence for each module, in the order in which they build on each other:

    config              what an engine is made of, and which sizes can work at all
    refused, moves      what a client is told; what the scheduler did
    allocator           which pages are free
    rows                which locations a row lists, by position
    kv_pool             where K and V lie, by location
    record, turn, session   who there is: a KV record, a turn that borrows it, a session whose slot owns it
    session_cache       how records change hands, and the one way to give one back
    session_controller  what clients may ask of sessions, and who is known
    batch, attention    many turns' chunks as one flat batch; attention that reads K and V through the rows
    weights, model, runner  the transformer, and one forward pass of it
    mechanism           the moves, one small method each
    scheduler           the policy: which move next
    engine              the wires: requests, `apply` one move, `step` by the policy
"""
