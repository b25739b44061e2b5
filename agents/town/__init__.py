"""How the buyers of a town choose among sellers."""
