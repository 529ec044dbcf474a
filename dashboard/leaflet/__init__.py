"""Renderer 1: the working map of the pages, Leaflet on canvas."""
