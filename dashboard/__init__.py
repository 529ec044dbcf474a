"""Pages and maps over a build, read-only, within the viewer's scope."""
