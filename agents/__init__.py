"""Who plays: buyers, sellers and nature; their types, knowledge and strategies."""
