"""Real browsers, the page in them, and the sites and packages that use the client."""
