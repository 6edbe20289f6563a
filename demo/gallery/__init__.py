"""The pictures of the docs: a project as people have them, and every page of it."""
