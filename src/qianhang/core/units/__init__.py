"""Money and quantities as exact integers, with the unit in the name."""
