"""The hot paths between the host's page table and the KV pools, each in two versions.

In plain torch: that is the reference, and what runs on a CPU. And as a Triton kernel for CUDA, in
`triton/`, under the same name and with the same arguments. One line for each module:

    choice      which of the two versions runs on a device
    rows        pages of many rows are written into the page table
    laid        where tokens lie, which positions they have, and whose they are
    locations   the tokens of a batch are laid out so
    store       K and V of new tokens go to their locations
    decode      one query per row attends to what the row holds

The page table is [num_rows, max_pages]: entry i of a row is the page of its positions
[i * page_size, (i + 1) * page_size). A row's first `len` positions mean something; entries beyond
are stale, and so may be the K and V beyond. Nothing here waits for the device: all sizes that the
host needs are arguments.
"""
