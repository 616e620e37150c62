"""The reference engine: how streaming sessions are served, in torch. It knows no judge.

Read `engine` first. One line for each module, in the order in which they build on each other:

    tokens              token ids, four bytes each
    config              what an engine is made of, and which sizes can work at all
    refused             what a client is told when a request is turned down
    checked             whether the numbers that clients send mean anything
    moves               what the scheduler did, and how turns ended
    failure             why a turn could not be computed
    sizes               who holds how much: five sizes that add up to the pool
    paging              the arithmetic of positions, pages and locations
    allocator           which pages are free
    mirror              numbers that the host writes and the device reads
    page_table          which page holds token i of a row
    kernels             the hot paths: in plain torch, and in Triton
    kv_pool             the K and V of each location
    window_pool         the same for sliding-window layers, which need less
    recurrent_pool      the states of recurrent layers
    radix_node          a run of tokens, and where their KV lies
    leaves              the nodes that nobody reads, oldest first
    radix_cache         the tree of them: KV of prompts, shared by all who begin alike
    record              a KV record: a row, and how much of it is in use
    sampling            which token comes next, whatever the schedule
    in_air              the tokens of a launched batch, on their way to the host
    turn                one request of a session; it borrows a record while it runs
    session             a conversation; its slot owns a record between turns
    batch               chunks of many turns, laid end to end
    attention           attention that reads K and V through the rows
    recurrence          a state that sums up all tokens so far
    weights             random weights, by seed
    memory              all pools that the layers read and write
    model               the transformer
    runner              one forward pass
    drafter             guesses for speculative decoding
    draft_model         guesses by a smaller model
    session_cache       how records change hands, and the one way to give one back
    idle                sessions without a turn in flight
    session_controller  what clients may ask of sessions, and who is known
    queues              which turns wait and which run, and whether a move finds its turn there
    launcher            launches batches, and reads their results later
    mechanism           the other moves, one small method each
    work                what one turn computes in a step
    scheduler           the policy: which move next
    self_check          what the engine checks of itself while it serves
    engine              the wires: requests, `apply` one move, `step` by the policy
    event_log           the same engine, which writes down every request and move
"""
