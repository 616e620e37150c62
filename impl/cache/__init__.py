"""Which memory there is, and who holds it, on the host. Nothing here knows of sessions.

One line for each module, in the order in which they build on each other:

    mirror              numbers that the host writes and the device reads
    launches            which launched batches may still be at work
    free_list           numbers that nobody holds, and that none of these batches may use
    allocator           which pages are free
    page_table          which page holds token i of a row
    kv_pool             the K and V of each location
    window_pool         the same for sliding-window layers, which need less
    recurrent_pool      the states of recurrent layers
    radix_node          a run of tokens, and where their KV lies
    leaves              the nodes that nobody reads, oldest first
    radix_cache         the tree of them: KV of prompts, shared by all who begin alike
    record              a KV record: a row, and how much of it is in use
    parts               what each kind of layer keeps of rows and of the tree
    check               what must be true of all records together
"""
