"""What scripts/check-deploy holds the deploy files against: the manifest, the services' settings, their metrics."""
