"""How the learned judge (`trueshelf_imaging/judge.npz`) was made: render, describe, train. See README.md.

Not installed and never imported by a service; `make setup` brings none of its libraries.
"""
