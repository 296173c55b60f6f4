"""How the simulated programme is made: whole numbers only, so that a seed gives the same bytes everywhere."""
