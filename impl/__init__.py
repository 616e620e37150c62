"""The reference engine: how streaming sessions are served, in torch. It knows no judge.

Read `engine` first. One line for each module and folder, in the order in which they build on each
other; each folder says the same of its own.

    tokens              token ids, four bytes each
    config              what an engine is made of, and which sizes can work at all
    refused             what a client is told when a request is turned down
    checked             whether the numbers that clients send mean anything
    moves               what the scheduler did, and how turns ended
    failure             why a turn could not be computed
    sizes               who holds how much: five sizes that add up to the pool
    paging              the arithmetic of positions, pages and locations
    kernels             the hot paths: in plain torch, and in Triton
    cache               which memory there is: pages, rows, the prefix tree, states
    model               what is computed: batches, layers, sampling
    sessions            conversations, their turns, and which memory these hold
    drafting            guesses for speculative decoding
    scheduling          which move comes next, and how it is performed
    self_check          what the engine checks of itself while it serves
    engine              the wires: requests, `apply` one move, `step` by the policy
    event_log           the same engine, which writes down every request and move
"""
