"""Drawing: data turned into small SVG pictures, by functions from numbers to text.

A picture is a `Drawing`: what seldom changes (scales, names, a network) and what moves with the run, each a
piece of SVG, and the data that is shown. Colours and type are left to the stylesheet of `look`, so that dark
mode, print and large type change no picture.
"""
