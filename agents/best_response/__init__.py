"""Best responses: the answers of the highest expected utility against a model of the others."""
