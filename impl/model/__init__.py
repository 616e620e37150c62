"""What is computed. `runner` is what the others talk to.

One line for each module, in the order in which they build on each other:

    weights             random weights, by seed
    sampling            which token comes next, whatever the schedule
    batch               chunks of many turns, laid end to end
    attention           attention that reads K and V through the rows
    recurrence          a state that sums up all tokens so far
    memory              all pools that the layers read and write
    transformer         the model
    runner              one forward pass
    in_air              the tokens of a launched batch, on their way to the host
"""
