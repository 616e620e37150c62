"""What is computed. `runner` is what the others talk to.

One line for each module, in the order in which they build on each other:

    batch               chunks of many turns, laid end to end
    attention           attention that reads K and V through the rows
    recurrence          a state that sums up all tokens so far
    memory              all pools that the layers read and write
    weights             random weights, by seed
    transformer         the model
    sampling            which token comes next, whatever the schedule
    runner              one forward pass
    in_air              the tokens of a launched batch, on their way to the host
    drafter             guesses for speculative decoding
    draft_model         guesses by a smaller model
"""
