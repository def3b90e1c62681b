"""Pictures by address: fetched from strangers' servers, with every guard on where, how long and how much."""
