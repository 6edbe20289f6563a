"""The front for the official `wandb` client: its protocol over our services.

It translates and decides nothing. What its protocol calls otherwise is named in `names`, and
nowhere outside of this folder. docs/reference/wandb-protocol.md says what is spoken.
"""
