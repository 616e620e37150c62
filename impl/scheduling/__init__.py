"""From what clients asked to what is computed. `scheduler` chooses, `mechanism` performs.

One line for each module, in the order in which they build on each other:

    queues              which turns wait and which run, and whether a move finds its turn there
    launcher            launches batches, and reads their results later
    mechanism           the other moves, one small method each
    work                what one turn computes in a step
    scheduler           the policy: which move next
    stepper             one step: what comes first, and what when there is no room
"""
