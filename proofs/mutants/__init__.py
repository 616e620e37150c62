"""Mutants of the spec text: is there a line of it whose change no property notices?"""
