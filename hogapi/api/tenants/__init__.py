"""Routes of users, organizations, projects and personal API keys: what clients call first (B.5, B.7)."""
