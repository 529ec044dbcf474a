"""Every table and column of a build, named once; `etl.schema` is the way in."""
