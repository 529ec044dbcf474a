"""The public site: static pages and open data, made of the public slice of a build alone."""

from etl.publish.site import Site, publish

__all__ = ["Site", "publish"]
