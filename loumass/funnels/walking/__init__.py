"""What a step's set-based side stands on: who walks, where they stand, what is known of them, what is decided.

Kinds (`funnels/kinds`) say who goes where; the engine (`campaigns/advancing`) claims the people and writes the result
down. Neither knows the other: both know this.
"""
