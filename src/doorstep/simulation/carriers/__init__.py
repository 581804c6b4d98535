"""Other houses' carriers: each a server of its own with a clock, habits and couriers of its own.

They speak their own protocols, know nothing of Doorstep's code, and see the same streets and shoppers as the
own fleet does. Nothing here is ever read by routing decisions, promises or policies.
"""
