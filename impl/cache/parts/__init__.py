"""What each kind of layer keeps of rows and of the tree: the session cache is composed of these.

One line for each module, in the order in which they build on each other:

    part                what the cache asks of every one of them
    full                full attention: the pages themselves
    window              sliding windows: pages of their own, for as long as a window reaches them
    recurrent           recurrent layers: one state for each row, and copies that the tree keeps
"""
