"""The reference engine: how streaming sessions are served, in torch. It knows no judge.

Read `engine` first. One line for each module, in the order in which they build on each other:

    config              what an engine is made of, and which sizes can work at all
    refused             what a client is told when a request is turned down
    moves               what the scheduler did, and how turns ended
    allocator           which pages are free
    rows                which location holds token i of a row
    kv_pool             the K and V of each location
    record              a KV record: a row, and how much of it is in use
    turn                one request of a session; it borrows a record while it runs
    session             a conversation; its slot owns a record between turns
    session_cache       how records change hands, and the one way to give one back
    session_controller  what clients may ask of sessions, and who is known
    batch               chunks of many turns, laid end to end
    attention           attention that reads K and V through the rows
    weights             random weights, by seed
    model               the transformer
    runner              one forward pass
    mechanism           the moves, one small method each
    scheduler           the policy: which move next
    engine              the wires: requests, `apply` one move, `step` by the policy
"""
