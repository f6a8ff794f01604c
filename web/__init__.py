"""How people and programs reach the knowledge base: pages, JSON API, `kb serve`."""
